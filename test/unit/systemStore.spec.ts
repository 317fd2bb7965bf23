import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { storeScript } from "../../components/systemStore/script.ts";

const scripts = join(import.meta.dirname, "..", "..", "components", "systemStore");
const [first, second] = ["one", "two"].map(
    (text) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`,
) as [string, string];

/** A node in a folder: its certificate store and its services are scripts that say what was asked of them. */
class FakeNode {
    readonly root = mkdtempSync(join(tmpdir(), "store-"));
    private readonly setup = join(this.root, "setup.sh");
    private readonly bin = join(this.root, "bin");
    private readonly log = join(this.root, "log");

    constructor(anchors = "usr/local/share/ca-certificates", updater = "update-ca-certificates") {
        for (const folder of ["bin", "etc", anchors]) mkdirSync(join(this.root, folder), { recursive: true });
        writeFileSync(this.path("etc/hosts"), "127.0.0.1 localhost\n");
        writeFileSync(this.setup, storeScript());
        this.program(updater, "");
        this.program("systemctl", "");
    }

    path(relative: string): string {
        return join(this.root, relative);
    }

    /** Puts a program on the node that notes its call and then does `body`. */
    program(name: string, body: string): void {
        writeFileSync(join(this.bin, name), `#!/bin/sh\necho "${name} $*" >>"${this.log}"\n${body}\n`);
        chmodSync(join(this.bin, name), 0o755);
    }

    /** Runs the wrapper as the container does. */
    run(
        verb: string,
        env: Record<string, string> = {},
    ): { code: number | null; report: Record<string, unknown>; said: string } {
        const report = this.path("report");
        rmSync(report, { force: true });
        const { status, stdout, stderr } = spawnSync("sh", [join(scripts, "run.sh"), verb], {
            encoding: "utf8",
            env: {
                PATH: `${this.bin}:/usr/bin:/bin`,
                ...{ SETUP: this.setup, REPORT: report, ENTER: "", ROOT: this.root },
                ...{ OWNER: "trust", BUNDLE_ID: "b1", SERVICE: "containerd", TURN: "given", TRUSTED_CERT: first },
                ...env,
            },
        });
        const text = existsSync(report) ? readFileSync(report, "utf8") : "{}";
        return { code: status, report: JSON.parse(text) as Record<string, unknown>, said: stdout + stderr };
    }

    /** What was asked of the node since the last look. */
    asked(): string[] {
        const lines = existsSync(this.log) ? readFileSync(this.log, "utf8").trim().split("\n") : [];
        rmSync(this.log, { force: true });
        return lines.filter((line) => line.startsWith("update") || line.startsWith("systemctl restart"));
    }

    /** Every file of the node's own, with its text. */
    files(): Record<string, string> {
        const { stdout } = spawnSync("find", ["etc", "usr", "var", "-type", "f"], { cwd: this.root, encoding: "utf8" });
        const names = stdout.trim().split("\n").sort();
        return Object.fromEntries(names.map((name) => [name, readFileSync(this.path(name), "utf8")]));
    }
}

const debian = "usr/local/share/ca-certificates/siteregistry-trust";

describe("the way by the system's certificate store", () => {
    it("adds a root, restarts the runtime once, and does nothing the second time", () => {
        const node = new FakeNode();
        const { code, report } = node.run("apply");
        assert.equal(code, 0);
        assert.deepEqual([report.status, report.bundle], ["applied", "b1"]);
        assert.equal(node.files()[`${debian}-1.crt`], first);
        assert.deepEqual(node.asked(), ["update-ca-certificates ", "systemctl restart containerd"]);
        assert.equal(node.run("apply").report.status, "applied");
        assert.deepEqual(node.asked(), []);
    });

    it("has one file for each root, and takes away those that are no longer wanted", () => {
        const node = new FakeNode();
        node.run("apply", { TRUSTED_CERT: first + second });
        assert.equal(node.files()[`${debian}-2.crt`], second);
        node.asked();
        node.run("apply", { TRUSTED_CERT: second });
        assert.equal(node.files()[`${debian}-1.crt`], second);
        assert.ok(!existsSync(node.path(`${debian}-2.crt`)));
        assert.equal(node.asked().length, 2);
    });

    it("knows the stores of the Red Hat and SUSE families", () => {
        for (const [anchors, updater] of [
            ["etc/pki/ca-trust/source/anchors", "update-ca-trust"],
            ["etc/pki/trust/anchors", "update-ca-certificates"],
        ] as const) {
            const node = new FakeNode(anchors, updater);
            assert.equal(node.run("apply").code, 0);
            assert.equal(node.files()[`${anchors}/siteregistry-trust-1.crt`], first);
            assert.ok(node.asked()[0]?.startsWith(updater));
        }
    });

    it("owes a restart that failed until one succeeds", () => {
        const node = new FakeNode();
        node.program("systemctl", '[ "$1" != restart ]');
        const { code, report } = node.run("apply");
        assert.equal(code, 1);
        assert.equal(report.status, "failed");
        assert.match(String(report.cause), /containerd did not restart: see journalctl -u containerd/);
        node.program("systemctl", "");
        node.asked();
        assert.equal(node.run("apply").code, 0);
        assert.equal(node.asked().length, 2);
    });

    it("changes nothing where the runtime's service is not there, or the store is unknown", () => {
        const node = new FakeNode();
        const before = node.files();
        node.program("systemctl", "exit 1");
        assert.match(
            String(node.run("apply").report.cause),
            /no service containerd: set nodeTrust\.systemStore\.runtimeService/,
        );
        assert.deepEqual(node.files(), before);
        const strange = new FakeNode(undefined, "some-other-program");
        const { report } = strange.run("apply", { PATH: `${strange.path("bin")}:${toolsWithoutStore(strange)}` });
        assert.match(String(report.cause), /neither update-ca-certificates nor update-ca-trust/);
    });

    it("waits for its turn", () => {
        const node = new FakeNode();
        const before = node.files();
        const { code, report } = node.run("apply", { TURN: "" });
        assert.deepEqual([code, report.status], [0, "waiting"]);
        assert.deepEqual(node.files(), before);
        assert.deepEqual(node.asked(), []);
    });

    it("respects a file of somebody else", () => {
        const node = new FakeNode();
        writeFileSync(node.path(`${debian}-1.crt`), "theirs");
        assert.match(String(node.run("apply").report.cause), /exists on this node and is not ours: remove it/);
        assert.equal(node.files()[`${debian}-1.crt`], "theirs");
        assert.deepEqual(node.asked(), []);
    });

    it("takes everything back byte for byte, once, whatever was changed meanwhile", () => {
        const node = new FakeNode();
        const before = node.files();
        const block = "# begin trust\n192.0.2.1 registry.example.org\n# end trust";
        node.run("apply", { TRUSTED_CERT: first + second, HOSTS_BLOCK: block });
        assert.equal(node.files()["etc/hosts"], `127.0.0.1 localhost\n${block}\n`);
        node.run("apply", { HOSTS_BLOCK: block.replace("192.0.2.1", "192.0.2.2") });
        assert.match(
            node.files()["etc/hosts"] ?? "",
            /^127.0.0.1 localhost\n# begin trust\n192.0.2.2 .*\n# end trust\n$/,
        );
        node.asked();
        assert.equal(node.run("remove", { TURN: "" }).report.status, "removed");
        assert.deepEqual(node.files(), before);
        assert.deepEqual(node.asked(), ["update-ca-certificates --fresh", "systemctl restart containerd"]);
        assert.equal(node.run("remove").report.status, "removed");
        assert.deepEqual(node.asked(), []);
    });

    it("runs another script in its place, with the roots and the verb", () => {
        const node = new FakeNode();
        const own = node.path("own.sh");
        writeFileSync(own, 'echo "$TRUSTED_CERT" >"$ROOT/etc/ca.crt"; echo "it says \\"$1\\"" >&2; exit 3');
        const { code, report } = node.run("apply", { SETUP: own });
        assert.equal(code, 1);
        assert.equal(report.cause, "it says apply");
        assert.equal(node.files()["etc/ca.crt"], `${first}\n`);
    });
});

/** A folder with the usual tools and none that knows a certificate store. */
function toolsWithoutStore(node: FakeNode): string {
    const folder = node.path("tools");
    mkdirSync(folder);
    for (const tool of ["sh", "cat", "grep", "cut", "tail", "head", "tr", "sed", "mkdir", "touch"]) {
        writeFileSync(join(folder, tool), `#!/bin/sh\nexec /usr/bin/${tool} "$@"\n`);
        chmodSync(join(folder, tool), 0o755);
    }
    return folder;
}
