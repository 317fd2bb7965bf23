import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { baseRootDir } from "../../lab/machines/baseRoot.ts";
import { ensurePackages } from "../../lab/packages.ts";
import { consoleReport } from "../../lab/report.ts";
import { RealOutside } from "../harbor/realOutside.ts";
import { HarborServer } from "../harbor/server.ts";

const run = promisify(execFile);

/** skopeo of the lab's Debian root, with its own libraries. */
function skopeoOfTheLab(): string[] {
    const root = baseRootDir();
    const libraries = ["lib", "usr/lib"].map((folder) => join(root, folder, "x86_64-linux-gnu")).join(":");
    return [join(root, "lib64/ld-linux-x86-64.so.2"), "--library-path", libraries, join(root, "usr/bin/skopeo")];
}

/** A real registry on a free port. */
class RealRegistry {
    readonly url: string;
    private readonly child: ChildProcess;

    private constructor(url: string, child: ChildProcess) {
        this.url = url;
        this.child = child;
    }

    static async start(binary: string, folder: string): Promise<RealRegistry> {
        const probe = createServer();
        await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
        const { port } = probe.address() as AddressInfo;
        await new Promise((resolve) => probe.close(resolve));
        mkdirSync(folder);
        const config = join(folder, "config.yml");
        const storage = { filesystem: { rootdirectory: join(folder, "data") }, delete: { enabled: true } };
        const http = { addr: `127.0.0.1:${String(port)}`, secret: "of a test" };
        writeFileSync(config, JSON.stringify({ version: 0.1, log: { level: "error" }, storage, http }));
        const child = spawn(binary, ["serve", config], { stdio: "ignore" });
        const url = `http://127.0.0.1:${String(port)}`;
        for (let attempt = 0; ; attempt += 1) {
            const there = await fetch(`${url}/v2/`).then(
                () => true,
                () => false,
            );
            if (there) return new RealRegistry(url, child);
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
}

describe("a replication of the stand-in for Harbor between two real registries", () => {
    let folder: string;
    let skopeo: string[];
    let source: RealRegistry;
    let own: RealRegistry;
    let harbor: HarborServer;

    before(async () => {
        folder = mkdtempSync(join(tmpdir(), "harbor-copies-"));
        skopeo = skopeoOfTheLab();
        const binaries = await ensurePackages(["registry"], consoleReport());
        const binary = join(binaries.get("registry") ?? "", "registry");
        source = await RealRegistry.start(binary, join(folder, "source"));
        own = await RealRegistry.start(binary, join(folder, "own"));
        layout(join(folder, "layout"));
        for (const name of ["team/app:1.0", "team/other:2.0"]) await push(`${source.host}/${name}`);
        harbor = await HarborServer.start({
            outside: new RealOutside(skopeo),
            local: { url: own.url },
            refreshMs: 500,
        });
    });

    after(async () => {
        await harbor.close();
        source.stop();
        own.stop();
        rmSync(folder, { recursive: true, force: true });
    });

    /** An image of one layer, as an OCI layout. */
    function layout(path: string): void {
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

    async function push(reference: string, ...more: string[]): Promise<void> {
        const [program = "", ...before] = skopeo;
        const args = ["--insecure-policy", "copy", "--dest-tls-verify=false", ...more];
        await run(program, [...before, ...args, `oci:${join(folder, "layout")}`, `docker://${reference}`]);
    }

    async function api(method: string, path: string, body?: unknown): Promise<Response> {
        const login = Buffer.from("admin:Harbor12345").toString("base64");
        return fetch(`${harbor.url}/api/v2.0${path}`, {
            method,
            headers: { Authorization: `Basic ${login}`, "Content-Type": "application/json" },
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
    }

    async function make(path: string, body: unknown): Promise<number> {
        const answer = await api("POST", path, body);
        strictEqual(answer.status, 201, await answer.text());
        return Number(answer.headers.get("location")?.split("/").at(-1));
    }

    async function finished(id: number): Promise<{ status: string; total: number; status_text: string }> {
        for (;;) {
            const answer = await api("GET", `/replication/executions/${String(id)}`);
            const execution = (await answer.json()) as { status: string; total: number; status_text: string };
            if (execution.status !== "InProgress") return execution;
            await new Promise((resolve) => setTimeout(resolve, 200));
        }
    }

    it("brings the same digests here that are at the source", async () => {
        const id = await make("/registries", { name: "source", type: "docker-registry", url: source.url });
        const rule = {
            name: "pull",
            src_registry: { id },
            dest_namespace: "mirror",
            dest_namespace_replace_count: 1,
            enabled: true,
        };
        const policy = await make("/replication/policies", { ...rule, filters: [{ type: "name", value: "team/**" }] });
        const end = await finished(await make("/replication/executions", { policy_id: policy }));
        deepStrictEqual([end.status, end.total], ["Succeed", 2]);
        for (const [name, tag] of [
            ["app", "1.0"],
            ["other", "2.0"],
        ] as const) {
            const wanted = await source.digest(`team/${name}`, tag);
            match(wanted ?? "", /^sha256:/);
            strictEqual(await own.digest(`mirror/${name}`, tag), wanted);
            const artifacts = (await (await api("GET", `/projects/mirror/repositories/${name}/artifacts`)).json()) as {
                digest: string;
            }[];
            strictEqual(artifacts[0]?.digest, wanted);
        }
    });

    it("passes on what is pushed to it", async () => {
        const id = await make("/registries", { name: "back", type: "docker-registry", url: source.url });
        const trigger = { type: "event_based" };
        const policy = await make("/replication/policies", {
            name: "push",
            dest_registry: { id },
            dest_namespace: "back",
            trigger,
            enabled: true,
        });
        await push(`${new URL(harbor.url).host}/own/tool:3`, "--dest-creds=admin:Harbor12345");
        const list = (await (await api("GET", `/replication/executions?policy_id=${String(policy)}`)).json()) as {
            id: number;
        }[];
        strictEqual((await finished(list[0]?.id ?? 0)).status, "Succeed");
        strictEqual(await source.digest("back/tool", "3"), await own.digest("own/tool", "3"));
    });

    it("says what a source answered that has no such repository", async () => {
        const id = await make("/registries", { name: "again", type: "docker-registry", url: source.url });
        const filters = [{ type: "name", value: "team/nosuch" }];
        const policy = await make("/replication/policies", {
            name: "none",
            src_registry: { id },
            dest_namespace: "m",
            enabled: true,
            filters,
        });
        const end = await finished(await make("/replication/executions", { policy_id: policy }));
        strictEqual(end.status, "Failed");
        match(
            end.status_text,
            /failed to list artifacts of repository team\/nosuch: http status code: 404, body: .*NAME_UNKNOWN/,
        );
    });
});
