import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";

import { ensurePackages } from "../../lab/packages.ts";
import { checkout } from "../../lab/paths.ts";
import { consoleReport } from "../../lab/report.ts";
import { skopeoOfTheLab } from "./realRegistry.ts";

/** What a run of a program answered. */
export interface Answer {
    readonly code: number;
    readonly stdout: string;
    readonly stderr: string;
}

/** A connected machine in a folder: skopeo and regctl of the lab on its PATH, and registries that speak plain HTTP. */
export class BundlingMachine {
    readonly folder: string;
    private readonly environment: NodeJS.ProcessEnv;

    private constructor(folder: string, programs: string, more: NodeJS.ProcessEnv) {
        this.folder = folder;
        this.environment = {
            ...process.env,
            INIT_CWD: folder,
            PATH: `${join(folder, "bin")}${delimiter}${programs}${delimiter}${process.env.PATH ?? ""}`,
            REGCTL_CONFIG: join(folder, "regctl.json"),
            ...more,
        };
    }

    /** `more` is added to the environment. */
    static async make(
        folder: string,
        registries: readonly string[],
        more: NodeJS.ProcessEnv = {},
    ): Promise<BundlingMachine> {
        const programs = (await ensurePackages(["regctl"], consoleReport())).get("regctl") ?? "";
        mkdirSync(join(folder, "bin"));
        const machine = new BundlingMachine(folder, programs, more);
        machine.withTools();
        machine.tell(Object.fromEntries(registries.map((host) => [host, {}])));
        return machine;
    }

    /** What regctl knows of registries, which speak plain HTTP: logins, and where one that has another name really is. */
    tell(registries: Readonly<Record<string, { hostname?: string; user?: string; pass?: string }>>): void {
        const hosts = Object.fromEntries(
            Object.entries(registries).map(([host, known]) => [host, { tls: "disabled", ...known }]),
        );
        writeFileSync(join(this.folder, "regctl.json"), JSON.stringify({ hosts }));
    }

    /** As it was made: nothing stands before regctl, and skopeo is the lab's. */
    withTools(): void {
        rmSync(join(this.folder, "bin", "regctl"), { force: true });
        this.standIn("skopeo", `exec ${skopeoOfTheLab().join(" ")} "$@"`);
    }

    /** Puts a script before whatever else has its name. `REGCTL` in it is the real one. */
    standIn(name: string, script: string): void {
        const programs = this.environment.PATH?.split(delimiter)[1] ?? "";
        const text = `#!/bin/sh\n${script.replaceAll("REGCTL", join(programs, "regctl"))}\n`;
        writeFileSync(join(this.folder, "bin", name), text, { mode: 0o755 });
    }

    /** Runs `npm run bundle` as a person does, less npm. */
    bundle(...args: string[]): Promise<Answer> {
        return this.run(process.execPath, [join(checkout, "tools/bundle.ts"), ...args]);
    }

    run(program: string, args: readonly string[]): Promise<Answer> {
        const options = { cwd: this.folder, env: this.environment, maxBuffer: 1 << 26 };
        return new Promise((resolve) => {
            execFile(program, args, options, (error, stdout, stderr) => {
                const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
                resolve({ code, stdout, stderr });
            });
        });
    }

    /** Runs a program that has to succeed, and returns what it printed. */
    async must(program: string, ...args: string[]): Promise<string> {
        const { code, stdout, stderr } = await this.run(program, args);
        if (code !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
        return stdout.trim();
    }

    /** Pushes an image of a layout; `more` are further arguments of skopeo. */
    push(layout: string, name: string, reference: string, ...more: string[]): Promise<string> {
        const given = ["--insecure-policy", "copy", "--all", "--dest-tls-verify=false", ...more];
        return this.must("skopeo", ...given, `oci:${layout}:${name}`, `docker://${reference}`);
    }
}

interface Layout {
    manifests: { digest: string; mediaType: string; annotations?: Record<string, string> }[];
}

/** Adds to a layout an image of several architectures, which are all one and the same. */
export function addIndex(layout: string, name: string, from: string, architectures: readonly string[]): void {
    const read = (path: string): Record<string, unknown> =>
        JSON.parse(readFileSync(join(layout, path), "utf8")) as Record<string, unknown>;
    const blob = (digest: string): string => join("blobs", "sha256", digest.slice("sha256:".length));
    const put = (value: unknown, mediaType: string) => {
        const bytes = Buffer.from(JSON.stringify(value));
        const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
        writeFileSync(join(layout, blob(digest)), bytes);
        return { mediaType, digest, size: bytes.length };
    };
    const all = read("index.json") as unknown as Layout;
    const image = all.manifests.find((one) => one.annotations?.["org.opencontainers.image.ref.name"] === from);
    if (image === undefined) throw new Error(`no image ${from} in ${layout}`);
    const manifest = read(blob(image.digest)) as { config: { digest: string; mediaType: string } };
    const config = read(blob(manifest.config.digest));
    const manifests = architectures.map((architecture) => {
        const own = put({ ...config, architecture }, manifest.config.mediaType);
        return { ...put({ ...manifest, config: own }, image.mediaType), platform: { os: "linux", architecture } };
    });
    const mediaType = "application/vnd.oci.image.index.v1+json";
    const index = put({ schemaVersion: 2, mediaType, manifests }, mediaType);
    all.manifests.push({ ...index, annotations: { "org.opencontainers.image.ref.name": name } });
    writeFileSync(join(layout, "index.json"), JSON.stringify(all));
}

/** A way to a registry that breaks off each download of a blob once, in its middle. */
export class BreakingProxy {
    /** How many downloads were broken off. */
    broken = 0;
    private readonly server: Server;
    private readonly seen = new Set<string>();

    private constructor(target: string) {
        this.server = createServer((incoming, outgoing) => {
            const { method, url = "", headers } = incoming;
            const onward = request(`${target}${url}`, { method, headers }, (answer) => {
                outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
                const size = Number(answer.headers["content-length"]);
                if (method !== "GET" || !url.includes("/blobs/") || this.seen.has(url) || size < 1000) {
                    answer.pipe(outgoing);
                    return;
                }
                this.seen.add(url);
                this.broken += 1;
                let sent = 0;
                answer.on("data", (chunk: Buffer) => {
                    outgoing.write(chunk.subarray(0, Math.max(size / 2 - sent, 0)), () => {
                        if (sent >= size / 2) outgoing.destroy();
                    });
                    sent += chunk.length;
                });
            });
            onward.on("error", () => outgoing.destroy());
            incoming.pipe(onward);
        });
    }

    static async start(target: string): Promise<BreakingProxy> {
        const proxy = new BreakingProxy(target);
        await new Promise<void>((resolve) => proxy.server.listen(0, "127.0.0.1", resolve));
        return proxy;
    }

    get host(): string {
        return `127.0.0.1:${(this.server.address() as AddressInfo).port.toString()}`;
    }

    stop(): void {
        this.server.closeAllConnections();
        this.server.close();
    }
}
