import assert from "node:assert/strict";
import { lstatSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { eachShell } from "../support/agentShells.ts";
import { ScratchNode } from "../support/scratchNode.ts";

const folder = "/etc/containerd/certs.d";

eachShell("agent.sh apply", (shell) => {
    let node: ScratchNode;
    beforeEach(() => {
        node = new ScratchNode(shell);
    });
    afterEach(() => {
        node.clear();
    });

    it("writes the bundle, reports it, and writes nothing the second time", () => {
        assert.match(node.apply(), /wrote/);
        assert.equal(node.read(`${folder}/one.test/hosts.toml`), "one");
        assert.equal(node.read(`${folder}/one.test/ca.crt`), "root");
        assert.deepEqual(node.report(), {
            ...{ status: "applied", bundle: "bundle-id", runtime: "containerd", configPath: "unknown" },
            ...{ files: 2, paths: [`${folder}/one.test`], warnings: [] },
        });
        const inode = lstatSync(join(node.root, folder, "one.test/ca.crt")).ino;
        assert.equal(node.apply(), "");
        assert.equal(lstatSync(join(node.root, folder, "one.test/ca.crt")).ino, inode);
    });

    it("has files that the runtime can read, and keeps a password for root", () => {
        node.give({ [`${folder}/a/hosts.toml`]: 'Authorization = "Basic x"', [`${folder}/a/ca.crt`]: "root" });
        node.apply();
        const mode = (path: string): number => lstatSync(join(node.root, folder, path)).mode & 0o777;
        assert.deepEqual(["a", "a/ca.crt", "a/hosts.toml"].map(mode), [0o755, 0o644, 0o600]);
        assert.equal(lstatSync(join(node.root, "/var/lib/siteregistry/trust")).mode & 0o777, 0o700);
    });

    it("takes back a host that has left the bundle, and changes one that has changed", () => {
        node.give({ [`${folder}/one.test/hosts.toml`]: "one", [`${folder}/two.test/hosts.toml`]: "two" });
        node.apply();
        node.give({ [`${folder}/two.test/hosts.toml`]: "two, changed" });
        node.apply();
        assert.equal(node.exists(`${folder}/one.test`), false);
        assert.equal(node.read(`${folder}/two.test/hosts.toml`), "two, changed");
    });

    it("makes the directories that are missing, and takes back no others", () => {
        const before = node.everything();
        node.give({ "/etc/docker/certs.d/one.test:5000/trust.crt": "root" });
        node.apply({ env: { RUNTIME: "docker" } });
        assert.equal(node.read("/etc/docker/certs.d/one.test:5000/trust.crt"), "root");
        node.write("/etc/docker/daemon.json", "{}");
        node.remove();
        assert.deepEqual(
            Object.keys(node.everything()),
            [...Object.keys(before), "etc/docker", "etc/docker/daemon.json"].sort(),
        );
    });

    it("refuses a directory where a file shall be", () => {
        mkdirSync(join(node.root, folder, "one.test/ca.crt"), { recursive: true });
        assert.match(node.refused(), /one\.test\/ca\.crt is a directory on the node/);
    });

    it("does not write through a link that somebody has put where a temporary file will be", () => {
        node.write("/etc/passwd", "precious");
        mkdirSync(join(node.root, folder, "one.test"));
        symlinkSync(join(node.root, "etc/passwd"), join(node.root, folder, "one.test/ca.crt.siteregistry-new"));
        node.apply();
        assert.equal(node.read("/etc/passwd"), "precious");
        assert.equal(node.read(`${folder}/one.test/ca.crt`), "root");
    });

    it("keeps the report below what the kubelet keeps, however much there is to say", () => {
        const long = "x".repeat(200);
        const hosts = Array.from({ length: 60 }, (_, index) => `${long}${index.toString()}.test`);
        mkdirSync(join(node.root, folder, "_default"));
        node.write(`${folder}/_default/hosts.toml`, "");
        node.give(Object.fromEntries(hosts.map((host) => [`${folder}/${host}/ca.crt`, "root"])));
        node.apply({ env: { RUNTIME: "docker" } });
        assert.equal(node.report().files, 60);
        assert.equal(node.report().paths.at(-1), "...");
    });

    it("knows its words", () => {
        const ended = node.run("applied");
        assert.equal(ended.status, 1);
        assert.match(ended.stderr, /usage/);
    });

    it("reports to the standard output where asked, and nothing else goes there", () => {
        const { stdout } = node.run("apply", { env: { REPORT: "-" } });
        assert.equal((JSON.parse(stdout) as { status: string }).status, "applied");
        assert.equal(node.run("status").stdout, stdout);
        node.remove();
        assert.equal(node.run("status", { owner: "nobody" }).stdout, '{"status":"absent"}\n');
    });
});
