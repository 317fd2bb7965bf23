import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
    chmodSync,
    existsSync,
    lstatSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    readlinkSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { trustFiles } from "../../components/nodeTrust/bundle.ts";
import type { Runtime } from "../../components/nodeTrust/runtimes.ts";
import { agentScript } from "../../components/nodeTrust/script.ts";
import type { AgentShell } from "./agentShells.ts";

/** How an agent is started: environment variables by name, and whom it acts for. */
export interface AgentOptions {
    pod?: string;
    owner?: string;
    env?: Record<string, string>;
}

/** What an agent said and how it ended. */
export interface Ended {
    status: number | null;
    stdout: string;
    stderr: string;
}

/** An agent's report. */
export interface AgentReport {
    status: string;
    bundle: string;
    runtime: string;
    configPath: string;
    files: number;
    paths: string[];
    warnings: string[];
    cause?: string;
}

const state = "/var/lib/siteregistry";

/** The file systems of a node in a scratch folder, and bundles for the agents on it. */
export class ScratchNode {
    readonly folder = mkdtempSync(join(tmpdir(), "agent-"));
    readonly root = join(this.folder, "node");
    readonly script = join(this.folder, "agent.sh");
    private readonly shell: AgentShell;
    private readonly watchers: ChildProcess[] = [];
    private bundle = "";

    constructor(shell: AgentShell) {
        this.shell = shell;
        mkdirSync(join(this.root, "etc/containerd/certs.d"), { recursive: true });
        mkdirSync(join(this.root, state), { recursive: true });
        writeFileSync(this.script, agentScript());
        this.give({
            "/etc/containerd/certs.d/one.test/hosts.toml": "one",
            "/etc/containerd/certs.d/one.test/ca.crt": "root",
        });
    }

    /** Sets the bundle of the agents that start from now on. Those that run keep theirs, as pods do. */
    give(files: Record<string, string>, hosts?: string): void {
        this.bundle = mkdtempSync(join(this.folder, "bundle-"));
        for (const [path, text] of Object.entries(files)) {
            const full = join(this.bundle, "files", path);
            mkdirSync(dirname(full), { recursive: true });
            writeFileSync(full, text);
        }
        if (hosts !== undefined) writeFileSync(join(this.bundle, "hosts"), hosts);
    }

    /** Gives what the product renders for one registry, and returns it. */
    giveRendered(
        runtime: Runtime,
        folder: string,
        host: string,
        root = "root",
        owner = "trust",
    ): Record<string, string> {
        const files = trustFiles(runtime, folder, owner, [{ host, url: `https://${host}`, caBundle: root }]);
        this.give(files);
        return files;
    }

    environment({ pod = "pod-1", owner = "trust", env = {} }: AgentOptions = {}): NodeJS.ProcessEnv {
        return {
            ...{ PATH: this.shell.path, BUNDLE: this.bundle, ROOT: this.root, OWNER: owner, POD_UID: pod },
            ...{ BUNDLE_ID: "bundle-id", REPORT: join(this.folder, "report"), INTERVAL: "0.1", PATIENCE: "0", ...env },
        };
    }

    run(verb: string, options?: AgentOptions): Ended {
        const env = this.environment(options);
        return spawnSync(this.shell.command, [this.script, verb], { env, encoding: "utf8" });
    }

    /** Starts a verb without waiting for it, in a process group of its own. */
    start(verb: string, options?: AgentOptions): ChildProcess {
        const env = this.environment(options);
        return spawn(this.shell.command, [this.script, verb], { env, stdio: "ignore", detached: true });
    }

    /** Applies, which must succeed. Returns what it said. */
    apply(options?: AgentOptions): string {
        const applied = this.run("apply", options);
        assert.equal(applied.status, 0, applied.stderr);
        assert.equal(this.report().status, "applied");
        return applied.stderr;
    }

    /** Applies, which must fail. Returns the cause that it reports. */
    refused(options?: AgentOptions): string {
        const refused = this.run("apply", options);
        assert.equal(refused.status, 1, refused.stderr);
        const { status, cause } = this.report();
        assert.equal(status, "failed");
        assert.ok(refused.stderr.includes(`error: ${cause ?? ""}`), refused.stderr);
        return cause ?? "";
    }

    remove(options?: AgentOptions): string {
        const removed = this.run("remove", options);
        assert.equal(removed.status, 0, removed.stderr);
        assert.equal(this.report().status, "removed");
        return removed.stderr;
    }

    /** Applies and watches, as a pod does. Returns how the pod ends when it is deleted. */
    async pod(options?: AgentOptions): Promise<() => Promise<unknown>> {
        this.apply(options);
        const env = this.environment(options);
        const watcher = spawn(this.shell.command, [this.script, "watch"], { env, stdio: "ignore" });
        this.watchers.push(watcher);
        const ended = once(watcher, "close");
        await setTimeout(200);
        return async () => {
            const left = spawn(this.shell.command, [this.script, "leave"], {
                env: { ...env, WATCHER: String(watcher.pid) },
                stdio: "ignore",
            });
            assert.deepEqual(await once(left, "close"), [0, null]);
            watcher.kill("SIGTERM");
            const [code] = (await ended) as [number | null];
            return code;
        };
    }

    /** Ends the watching processes without the hook, as systemd ends every process of a node. */
    async terminate(): Promise<void> {
        for (const watcher of this.watchers) {
            const ended = once(watcher, "close");
            watcher.kill("SIGTERM");
            assert.deepEqual(await ended, [0, null]);
        }
    }

    report(): AgentReport {
        const text = readFileSync(join(this.folder, "report"), "utf8");
        assert.ok(Buffer.byteLength(text) <= 4000, `the report has ${Buffer.byteLength(text).toString()} bytes`);
        assert.match(text, /^[^\n]*\n$/);
        return JSON.parse(text) as AgentReport;
    }

    write(path: string, text: string, mode = 0o644): void {
        mkdirSync(dirname(join(this.root, path)), { recursive: true });
        writeFileSync(join(this.root, path), text);
        chmodSync(join(this.root, path), mode);
    }

    delete(path: string): void {
        rmSync(join(this.root, path), { recursive: true });
    }

    exists(path: string): boolean {
        return existsSync(join(this.root, path));
    }

    read(path: string): string | undefined {
        return this.exists(path) ? readFileSync(join(this.root, path), "utf8") : undefined;
    }

    /** Waits until a file has this text. */
    async becomes(path: string, text: string): Promise<void> {
        for (let tries = 0; tries < 50 && this.read(path) !== text; tries += 1) await setTimeout(100);
        assert.equal(this.read(path), text);
    }

    /** Everything on the node but the ledgers: kind, mode and content by path. What must be as it was. */
    everything(): Record<string, string> {
        const entries = readdirSync(this.root, { recursive: true, encoding: "utf8" })
            .filter((path) => !`/${path}`.startsWith(`${state}/`))
            .map((path) => {
                const full = join(this.root, path);
                const { mode } = lstatSync(full);
                const kind = lstatSync(full);
                const content = kind.isSymbolicLink()
                    ? `-> ${readlinkSync(full)}`
                    : kind.isFile()
                      ? readFileSync(full, "latin1")
                      : "folder";
                return [path, `${(mode & 0o7777).toString(8)} ${content}`] as const;
            });
        return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
    }

    clear(): void {
        for (const watcher of this.watchers) watcher.kill("SIGKILL");
        rmSync(this.folder, { recursive: true, force: true });
    }
}
