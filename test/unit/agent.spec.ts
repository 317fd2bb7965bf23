import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

const script = join(import.meta.dirname, "..", "..", "components", "nodeTrust", "agent.sh");

/** A node and a bundle in a scratch folder. */
class Scratch {
    readonly root = mkdtempSync(join(tmpdir(), "agent-"));
    readonly target = join(this.root, "certs.d");
    private readonly watchers: ChildProcess[] = [];
    private bundle = "";

    constructor() {
        mkdirSync(this.target);
        this.give({ "one.test": { "hosts.toml": "one", "ca.crt": "root" } });
    }

    /** Sets the bundle of the agents that start from now on. Those that run keep theirs, as pods do. */
    give(hosts: Record<string, Record<string, string>>): void {
        this.bundle = mkdtempSync(join(this.root, "bundle-"));
        for (const [host, files] of Object.entries(hosts)) {
            mkdirSync(join(this.bundle, host), { recursive: true });
            for (const [name, text] of Object.entries(files)) writeFileSync(join(this.bundle, host, name), text);
        }
    }

    private environment(pod: string, owner: string): NodeJS.ProcessEnv {
        return {
            ...process.env,
            BUNDLE: this.bundle,
            TARGET: this.target,
            OWNER: owner,
            POD_UID: pod,
            REPORT: join(this.root, "report"),
            INTERVAL: "0.1",
        };
    }

    apply(pod = "pod-1", owner = "trust"): { status: number | null; stderr: string; stdout: string } {
        return spawnSync("sh", [script, "apply"], { env: this.environment(pod, owner), encoding: "utf8" });
    }

    /** Applies and watches, as a pod does. Returns how the pod ends when it is deleted. */
    async pod(pod = "pod-1", owner = "trust"): Promise<() => Promise<unknown>> {
        const applied = this.apply(pod, owner);
        assert.equal(applied.status, 0, applied.stderr);
        const env = this.environment(pod, owner);
        const watcher = spawn("sh", [script, "watch"], { env, stdio: "ignore" });
        this.watchers.push(watcher);
        const ended = once(watcher, "close");
        await setTimeout(200);
        return async () => {
            const left = spawn("sh", [script, "leave"], {
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

    clear(): void {
        for (const watcher of this.watchers) watcher.kill("SIGKILL");
        rmSync(this.root, { recursive: true, force: true });
    }

    report(): unknown {
        return JSON.parse(readFileSync(join(this.root, "report"), "utf8"));
    }

    read(path: string): string | undefined {
        const full = join(this.target, path);
        return existsSync(full) ? readFileSync(full, "utf8") : undefined;
    }

    async becomes(path: string, text: string): Promise<void> {
        for (let tries = 0; tries < 50 && this.read(path) !== text; tries += 1) await setTimeout(100);
        assert.equal(this.read(path), text);
    }
}

describe("the node trust agent", () => {
    let node: Scratch;
    beforeEach(() => {
        node = new Scratch();
    });
    afterEach(() => {
        node.clear();
    });

    it("writes a host with a port, and refuses the directory that containerd would read instead", () => {
        node.give({ "short:5000": { "hosts.toml": "five", "ca.crt": "root" } });
        const first = node.apply();
        assert.equal(first.status, 0, first.stderr);
        assert.equal(node.read("short:5000/hosts.toml"), "five");
        mkdirSync(join(node.target, "short_5000_"));
        const second = node.apply();
        assert.equal(second.status, 1);
        assert.match(second.stderr, /short_5000_ exists on the node, and containerd reads it instead of short:5000/);
    });

    it("writes the bundle, reports it, and writes nothing the second time", () => {
        const first = node.apply();
        assert.equal(first.status, 0, first.stderr);
        assert.equal(node.read("one.test/hosts.toml"), "one");
        assert.equal(node.read("one.test/ca.crt"), "root");
        assert.deepEqual(node.report(), { status: "applied", files: 2 });
        assert.equal(node.apply().stdout, "");
    });

    it("leaves a node as it was", async () => {
        const end = await node.pod();
        assert.equal(await end(), 0);
        assert.equal(existsSync(join(node.target, "one.test")), false);
        assert.equal(existsSync(join(node.target, ".siteregistry")), false);
        assert.equal(existsSync(node.target), true);
    });

    it("keeps the new content through a rolling update, whatever the old pod does meanwhile", async () => {
        const endOld = await node.pod("old");
        node.give({ "one.test": { "hosts.toml": "one, changed", "ca.crt": "root" } });
        const endNew = await node.pod("new");
        await setTimeout(400);
        assert.equal(node.read("one.test/hosts.toml"), "one, changed");
        await endOld();
        assert.equal(node.read("one.test/hosts.toml"), "one, changed");
        assert.equal(node.read("one.test/ca.crt"), "root");
        await endNew();
        assert.equal(node.read("one.test/ca.crt"), undefined);
    });

    it("takes nothing back when its process is only ended, as when the node shuts down", async () => {
        await node.pod();
        await node.terminate();
        assert.equal(node.read("one.test/ca.crt"), "root");
    });

    it("takes back a host that has left the bundle, and changes one that has changed", () => {
        node.give({ "one.test": { "hosts.toml": "one" }, "two.test": { "hosts.toml": "two" } });
        node.apply();
        node.give({ "two.test": { "hosts.toml": "two, changed" } });
        assert.equal(node.apply().status, 0);
        assert.equal(existsSync(join(node.target, "one.test")), false);
        assert.equal(node.read("two.test/hosts.toml"), "two, changed");
    });

    it("refuses to change a file that is not ours, and never removes one", () => {
        mkdirSync(join(node.target, "one.test"));
        writeFileSync(join(node.target, "one.test", "hosts.toml"), "someone else's");
        const refused = node.apply();
        assert.equal(refused.status, 1);
        assert.match(refused.stderr, /one\.test\/hosts\.toml exists on the node and is not ours/);
        assert.equal((node.report() as { status: string }).status, "failed");
        assert.equal(node.read("one.test/hosts.toml"), "someone else's");
        assert.equal(node.read("one.test/ca.crt"), undefined);
    });

    it("keeps two owners apart", async () => {
        const endFirst = await node.pod("pod-1", "first");
        node.give({ "two.test": { "hosts.toml": "two" } });
        await node.pod("pod-2", "second");
        await endFirst();
        assert.equal(node.read("one.test/hosts.toml"), undefined);
        assert.equal(node.read("two.test/hosts.toml"), "two");
    });

    it("knows its files again after the ledger was lost", async () => {
        node.apply();
        rmSync(join(node.target, ".siteregistry"), { recursive: true });
        const end = await node.pod();
        await end();
        assert.equal(existsSync(join(node.target, "one.test")), false);
    });

    it("mends what was changed by hand", async () => {
        await node.pod();
        writeFileSync(join(node.target, "one.test", "ca.crt"), "tampered");
        rmSync(join(node.target, "one.test", "hosts.toml"));
        await node.becomes("one.test/ca.crt", "root");
        await node.becomes("one.test/hosts.toml", "one");
        rmSync(join(node.target, ".siteregistry"), { recursive: true });
        await node.becomes(".siteregistry/trust/holder", "pod-1\n");
    });

    it("removes what an agent that was killed in the middle of a write left behind", async () => {
        node.apply();
        writeFileSync(join(node.target, "one.test", "ca.crt.siteregistry-new"), "half");
        const end = await node.pod();
        await end();
        assert.equal(existsSync(join(node.target, "one.test")), false);
    });

    it("says so when the node's file system cannot be written", () => {
        rmSync(node.target, { recursive: true });
        writeFileSync(node.target, "a file where the folder should be");
        const failed = node.apply();
        assert.equal(failed.status, 1);
        assert.match(failed.stderr, /cannot write/);
    });
});
