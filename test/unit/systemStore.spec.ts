import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { FakeNode, firstRoot } from "../support/fakeNode.ts";

const second = firstRoot.replace("one", "two");
const debian = "usr/local/share/ca-certificates/siteregistry-trust";

describe("the way by the system's certificate store", () => {
    it("adds a root, restarts the runtime once, and does nothing the second time", () => {
        const node = new FakeNode();
        const { code, report } = node.run("apply");
        assert.equal(code, 0);
        assert.deepEqual([report.status, report.bundle], ["applied", "b1"]);
        assert.equal(node.files()[`${debian}-1.crt`], firstRoot);
        assert.deepEqual(node.asked(), ["update-ca-certificates ", "systemctl restart containerd"]);
        assert.equal(node.run("apply").report.status, "applied");
        assert.deepEqual(node.asked(), []);
    });

    it("has one file for each root, and takes away those that are no longer wanted", () => {
        const node = new FakeNode();
        node.run("apply", { TRUSTED_CERT: firstRoot + second });
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
            assert.equal(node.files()[`${anchors}/siteregistry-trust-1.crt`], firstRoot);
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
        node.run("apply", { TRUSTED_CERT: firstRoot + second, HOSTS_BLOCK: block });
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
        assert.equal(node.files()["etc/ca.crt"], `${firstRoot}\n`);
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
