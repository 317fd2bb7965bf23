import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

const script = join(import.meta.dirname, "..", "..", "components", "nodeTrust", "agent.sh");

/** A node and a bundle in a scratch folder. */
class Scratch {
    readonly root = mkdtempSync(join(tmpdir(), "agent-"));
    readonly target = join(this.root, "certs.d");
    readonly bundle = join(this.root, "bundle");

    constructor() {
        mkdirSync(this.target);
        this.give({ "one.test": { "hosts.toml": "one", "ca.crt": "root" } });
    }

    give(hosts: Record<string, Record<string, string>>): void {
        rmSync(this.bundle, { recursive: true, force: true });
        for (const [host, files] of Object.entries(hosts)) {
            mkdirSync(join(this.bundle, host), { recursive: true });
            for (const [name, text] of Object.entries(files)) writeFileSync(join(this.bundle, host, name), text);
        }
    }

    environment(pod: string, owner = "trust"): NodeJS.ProcessEnv {
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

    run(verb: string, pod = "pod-1", owner = "trust"): { status: number | null; stderr: string; stdout: string } {
        return spawnSync("sh", [script, verb], { env: this.environment(pod, owner), encoding: "utf8" });
    }

    report(): unknown {
        return JSON.parse(readFileSync(join(this.root, "report"), "utf8"));
    }

    read(path: string): string | undefined {
        const full = join(this.target, path);
        return existsSync(full) ? readFileSync(full, "utf8") : undefined;
    }
}

describe("the node trust agent", () => {
    let node: Scratch;
    beforeEach(() => {
        node = new Scratch();
    });
    afterEach(() => {
        rmSync(node.root, { recursive: true, force: true });
    });

    it("writes the bundle, reports it, and writes nothing the second time", () => {
        const first = node.run("apply");
        assert.equal(first.status, 0, first.stderr);
        assert.equal(node.read("one.test/hosts.toml"), "one");
        assert.equal(node.read("one.test/ca.crt"), "root");
        assert.deepEqual(node.report(), { status: "applied", files: 2 });
        assert.equal(node.run("apply").stdout, "");
    });

    it("leaves a node as it was", () => {
        node.run("apply");
        assert.equal(node.run("leave").status, 0);
        assert.equal(existsSync(join(node.target, "one.test")), false);
        assert.equal(existsSync(join(node.target, ".siteregistry")), false);
        assert.equal(existsSync(node.target), true);
    });

    it("takes nothing back when a newer agent is on the node", () => {
        node.run("apply", "old");
        node.run("apply", "new");
        node.run("leave", "old");
        assert.equal(node.read("one.test/ca.crt"), "root");
        node.run("leave", "new");
        assert.equal(node.read("one.test/ca.crt"), undefined);
    });

    it("takes back a host that has left the bundle, and changes one that has changed", () => {
        node.give({ "one.test": { "hosts.toml": "one" }, "two.test": { "hosts.toml": "two" } });
        node.run("apply");
        node.give({ "two.test": { "hosts.toml": "two, changed" } });
        assert.equal(node.run("apply").status, 0);
        assert.equal(existsSync(join(node.target, "one.test")), false);
        assert.equal(node.read("two.test/hosts.toml"), "two, changed");
    });

    it("refuses to change a file that is not ours, and never removes one", () => {
        mkdirSync(join(node.target, "one.test"));
        writeFileSync(join(node.target, "one.test", "hosts.toml"), "someone else's");
        const refused = node.run("apply");
        assert.equal(refused.status, 1);
        assert.match(refused.stderr, /one\.test\/hosts\.toml exists on the node and is not ours/);
        assert.equal((node.report() as { status: string }).status, "failed");
        assert.equal(node.read("one.test/hosts.toml"), "someone else's");
        assert.equal(node.read("one.test/ca.crt"), undefined);
        node.run("leave");
        assert.equal(node.read("one.test/hosts.toml"), "someone else's");
    });

    it("keeps two owners apart", () => {
        node.run("apply", "pod-1", "first");
        node.give({ "two.test": { "hosts.toml": "two" } });
        node.run("apply", "pod-2", "second");
        node.run("leave", "pod-1", "first");
        assert.equal(node.read("one.test/hosts.toml"), undefined);
        assert.equal(node.read("two.test/hosts.toml"), "two");
    });

    it("mends what was changed by hand, and ends at once when told to", async () => {
        node.run("apply");
        const child = spawn("sh", [script, "watch"], { env: node.environment("pod-1"), stdio: "ignore" });
        const ended = new Promise((resolve) => child.on("close", resolve));
        try {
            writeFileSync(join(node.target, "one.test", "ca.crt"), "tampered");
            rmSync(join(node.target, "one.test", "hosts.toml"));
            for (let tries = 0; tries < 50 && node.read("one.test/ca.crt") !== "root"; tries += 1)
                await setTimeout(100);
            await setTimeout(200);
            assert.equal(node.read("one.test/ca.crt"), "root");
            assert.equal(node.read("one.test/hosts.toml"), "one");
        } finally {
            child.kill("SIGTERM");
        }
        assert.equal(await ended, 0);
    });

    it("says so when the node's file system cannot be written", () => {
        rmSync(node.target, { recursive: true });
        writeFileSync(node.target, "a file where the folder should be");
        const failed = node.run("apply");
        assert.equal(failed.status, 1);
        assert.match(failed.stderr, /cannot write/);
    });
});
