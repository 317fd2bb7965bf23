import assert from "node:assert/strict";

import { eachShell } from "../support/agentShells.ts";
import { ScratchNode } from "../support/scratchNode.ts";

const folder = "/etc/containerd/certs.d";
const state = "/var/lib/siteregistry";

eachShell("the agent's ledger", (shell) => {
    let node: ScratchNode;
    beforeEach(() => {
        node = new ScratchNode(shell);
    });
    afterEach(() => {
        node.clear();
    });

    it("keeps two owners apart", async () => {
        const endFirst = await node.pod({ pod: "pod-1", owner: "first" });
        node.give({ [`${folder}/two.test/hosts.toml`]: "two" });
        await node.pod({ pod: "pod-2", owner: "second" });
        await endFirst();
        assert.equal(node.exists(`${folder}/one.test`), false);
        assert.equal(node.read(`${folder}/two.test/hosts.toml`), "two");
    });

    it("lets two owners share a file, of which the last one to leave puts back what stood there", () => {
        node.write(`${folder}/one.test/hosts.toml`, "theirs\n", 0o640);
        const before = node.everything();
        node.giveRendered("containerd", folder, "one.test");
        node.apply({ owner: "first" });
        const shared = node.read(`${folder}/one.test/hosts.toml`);
        assert.match(shared ?? "", /^theirs\n# begin siteregistry/);
        assert.equal(node.apply({ owner: "second" }), "");
        node.remove({ owner: "first" });
        assert.equal(node.read(`${folder}/one.test/hosts.toml`), shared);
        node.remove({ owner: "second" });
        assert.deepEqual(node.everything(), before);
    });

    it("takes back directories that the other owner had made", () => {
        const before = node.everything();
        node.give({ "/etc/docker/certs.d/one.test/a.crt": "root" });
        node.apply({ owner: "first" });
        node.give({ "/etc/docker/certs.d/two.test/b.crt": "root" });
        node.apply({ owner: "second" });
        node.remove({ owner: "first" });
        assert.equal(node.exists("/etc/docker/certs.d/one.test"), false);
        node.remove({ owner: "second" });
        assert.deepEqual(node.everything(), before);
    });

    it("names the other owner who wants another content of the same file", () => {
        node.apply({ owner: "first" });
        node.give({ [`${folder}/one.test/hosts.toml`]: "another" });
        assert.match(node.refused({ owner: "second" }), /one\.test\/hosts\.toml belongs to the trust first/);
        assert.equal(node.read(`${folder}/one.test/hosts.toml`), "one");
    });

    it("knows its files again after it was lost", () => {
        const before = node.everything();
        node.giveRendered("containerd", folder, "one.test");
        node.apply();
        node.delete(`${state}/trust`);
        const files = node.giveRendered("containerd", folder, "one.test", "another root");
        node.apply();
        // A root of the lost time is neither kept nor believed.
        assert.equal(node.read(`${folder}/one.test/hosts.toml`), files[`${folder}/one.test/hosts.toml`]);
        node.remove();
        assert.deepEqual(node.everything(), before);
    });

    it("takes over what an agent of 0.1 has left, and keeps its pod quiet", () => {
        node.write(`${folder}/one.test/hosts.toml`, "old");
        node.write(`${folder}/one.test/ca.crt`, "old root");
        node.write(`${folder}/gone.test/hosts.toml`, "old");
        node.write(
            `${folder}/.siteregistry/trust/files`,
            "one.test/hosts.toml\none.test/ca.crt\ngone.test/hosts.toml\n",
        );
        node.write(`${folder}/.siteregistry/trust/holder`, "old-pod\n");
        node.giveRendered("containerd", folder, "one.test");
        node.apply({ pod: "new-pod" });
        node.apply({ pod: "new-pod" });
        assert.equal(node.exists(`${folder}/one.test/ca.crt`), false);
        assert.equal(node.exists(`${folder}/gone.test`), false);
        assert.equal(node.exists(`${folder}/.siteregistry/trust/files`), false);
        assert.equal(node.read(`${folder}/.siteregistry/trust/holder`), "new-pod\n");
        node.remove();
        assert.deepEqual(
            Object.keys(node.everything()).filter((path) => path.startsWith("etc/containerd/certs.d/")),
            [],
        );
    });

    it("takes back what an agent of 0.1 has left, when it is not to write first", () => {
        node.write(`${folder}/one.test/hosts.toml`, "old");
        node.write(`${folder}/.siteregistry/trust/files`, "one.test/hosts.toml\n");
        node.write(`${folder}/.siteregistry/trust/holder`, "old-pod\n");
        node.giveRendered("containerd", folder, "one.test");
        node.remove();
        assert.equal(node.exists(`${folder}/one.test`), false);
        assert.equal(node.exists(`${folder}/.siteregistry`), false);
    });
});
