import { execFile, spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

import { baseRootDir } from "../../lab/machines/baseRoot.ts";
import { ensurePackages } from "../../lab/packages.ts";
import { consoleReport } from "../../lab/report.ts";

const run = promisify(execFile);

/** skopeo of the lab's Debian root, with its own libraries. */
export function skopeoOfTheLab(): string[] {
    const root = baseRootDir();
    const libraries = ["lib", "usr/lib"].map((folder) => join(root, folder, "x86_64-linux-gnu")).join(":");
    return [join(root, "lib64/ld-linux-x86-64.so.2"), "--library-path", libraries, join(root, "usr/bin/skopeo")];
}

/** What a registry of a test has besides. */
export interface Manner {
    /** Address of this machine that it listens at; the loopback one by default. */
    readonly address?: string;
    /** Its port; a free one by default. */
    readonly port?: number;
    /** Lines of htpasswd: who may do anything there. Everybody by default. */
    readonly htpasswd?: string;
    /** Whose tokens it wants, in place of a login: settings of distribution's `auth.token`. */
    readonly token?: Readonly<Record<"realm" | "service" | "issuer", string>> & { readonly authority: string };
    /** With it, it speaks TLS. PEM. */
    readonly tls?: { readonly certificate: string; readonly key: string };
    /** Where it keeps its content; in its folder by default. */
    readonly data?: string;
}

/** A real registry on a free port. */
export class RealRegistry {
    readonly url: string;
    private readonly child: ChildProcess;

    private constructor(url: string, child: ChildProcess) {
        this.url = url;
        this.child = child;
    }

    /** Its folder may be that of one that was stopped. */
    static async start(binary: string, folder: string, manner: Manner = {}): Promise<RealRegistry> {
        const { address = "127.0.0.1" } = manner;
        const port = manner.port ?? (await freePort());
        mkdirSync(folder, { recursive: true });
        const config = join(folder, "config.yml");
        const storage = {
            filesystem: { rootdirectory: manner.data ?? join(folder, "data") },
            delete: { enabled: true },
        };
        const given = (name: string, text: string): string => {
            writeFileSync(join(folder, name), text, { mode: 0o600 });
            return join(folder, name);
        };
        const { tls, htpasswd, token } = manner;
        const http = {
            ...{ addr: `${address}:${String(port)}`, secret: "of a test" },
            ...(tls && { tls: { certificate: given("tls.crt", tls.certificate), key: given("tls.key", tls.key) } }),
        };
        const { authority, ...tokens } = token ?? { authority: "" };
        const auth = {
            ...(htpasswd && { htpasswd: { realm: "test", path: given("htpasswd", htpasswd) } }),
            ...(token && { token: { ...tokens, rootcertbundle: given("tokens.crt", authority) } }),
        };
        writeFileSync(config, JSON.stringify({ version: 0.1, log: { level: "error" }, storage, http, auth }));
        const child = spawn(binary, ["serve", config], { stdio: "ignore" });
        const url = `${tls === undefined ? "http" : "https"}://${address}:${String(port)}`;
        for (let attempt = 0; ; attempt += 1) {
            if (await listens(port, address)) return new RealRegistry(url, child);
            if (attempt > 100) throw new Error("the registry does not answer");
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
    }

    get host(): string {
        return new URL(this.url).host;
    }

    async digest(repository: string, tag: string): Promise<string | null> {
        const accept = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json";
        const answer = await fetch(`${this.url}/v2/${repository}/manifests/${tag}`, { headers: { accept } });
        return answer.headers.get("docker-content-digest");
    }

    stop(): void {
        this.child.kill();
    }

    /** Ends it at once, with everything under way, and waits until it is gone. */
    async kill(): Promise<void> {
        const gone = new Promise((resolve) => this.child.once("exit", resolve));
        this.child.kill("SIGKILL");
        await gone;
    }
}

/** A port that nobody has at this moment. */
export async function freePort(): Promise<number> {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    return port;
}

function listens(port: number, address: string): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = connect(port, address);
        socket.once("error", () => {
            resolve(false);
        });
        socket.once("connect", () => {
            socket.destroy();
            resolve(true);
        });
    });
}

/** The registry of the lab's packages, built where it is missing. */
export async function registryBinary(): Promise<string> {
    const binaries = await ensurePackages(["registry"], consoleReport());
    return join(binaries.get("registry") ?? "", "registry");
}

/** A small image, to be pushed under any name. */
export class OneImage {
    private readonly folder: string;
    private readonly skopeo: readonly string[];

    constructor(folder: string, skopeo: readonly string[]) {
        this.folder = folder;
        this.skopeo = skopeo;
        writeLayout(folder);
    }

    /** Pushes it; `more` are further arguments of skopeo. */
    async push(reference: string, ...more: string[]): Promise<void> {
        const [program = "", ...before] = this.skopeo;
        const args = ["--insecure-policy", "copy", "--dest-tls-verify=false", ...more];
        await run(program, [...before, ...args, `oci:${this.folder}`, `docker://${reference}`]);
    }
}

/** An image of one layer, as an OCI layout. */
function writeLayout(path: string): void {
    const blobs = join(path, "blobs", "sha256");
    mkdirSync(blobs, { recursive: true });
    const put = (text: string, mediaType: string): { mediaType: string; digest: string; size: number } => {
        const hex = createHash("sha256").update(text).digest("hex");
        writeFileSync(join(blobs, hex), text);
        return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
    };
    const config = put(
        JSON.stringify({ architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [] } }),
        "application/vnd.oci.image.config.v1+json",
    );
    const manifest = put(
        JSON.stringify({
            schemaVersion: 2,
            mediaType: "application/vnd.oci.image.manifest.v1+json",
            config,
            layers: [],
        }),
        "application/vnd.oci.image.manifest.v1+json",
    );
    writeFileSync(join(path, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
    writeFileSync(join(path, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
}
