import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";

import { eachShell } from "../support/agentShells.ts";
import { ScratchNode } from "../support/scratchNode.ts";

const folder = "/etc/containerd/certs.d";
const state = "/var/lib/siteregistry";

eachShell("agent.sh watch and leave", (shell) => {
    let node: ScratchNode;
    beforeEach(() => {
        node = new ScratchNode(shell);
    });
    afterEach(() => {
        node.clear();
    });

    it("leaves a node as it was", async () => {
        const before = node.everything();
        const end = await node.pod();
        assert.equal(await end(), 0);
        assert.deepEqual(node.everything(), before);
        assert.equal(node.exists(`${state}/trust`), false);
    });

    it("keeps the new content through a rolling update, whatever the old pod does meanwhile", async () => {
        const endOld = await node.pod({ pod: "old" });
        node.give({ [`${folder}/one.test/hosts.toml`]: "one, changed", [`${folder}/one.test/ca.crt`]: "root" });
        const endNew = await node.pod({ pod: "new" });
        await setTimeout(400);
        assert.equal(node.read(`${folder}/one.test/hosts.toml`), "one, changed");
        await endOld();
        assert.equal(node.read(`${folder}/one.test/hosts.toml`), "one, changed");
        assert.equal(node.read(`${folder}/one.test/ca.crt`), "root");
        await endNew();
        assert.equal(node.exists(`${folder}/one.test`), false);
    });

    it("waits a moment for the agent of another pool, so that no pull in between finds nothing", async () => {
        const options = { pod: "core", env: { PATIENCE: "3" } };
        const endOld = await node.pod(options);
        const ended = endOld();
        await setTimeout(500);
        assert.equal(node.read(`${folder}/one.test/hosts.toml`), "one");
        const endNew = await node.pod({ pod: "edge" });
        await ended;
        assert.equal(node.read(`${folder}/one.test/hosts.toml`), "one");
        await endNew();
        assert.equal(node.exists(`${folder}/one.test`), false);
        // And leaves where there is none.
        assert.equal(await (await node.pod(options))(), 0);
        assert.equal(node.exists(`${folder}/one.test`), false);
    });

    it("takes nothing back when its process is only ended, as when the node shuts down", async () => {
        await node.pod();
        await node.terminate();
        assert.equal(node.read(`${folder}/one.test/ca.crt`), "root");
    });

    it("mends what was changed by hand, and a ledger that was removed", async () => {
        await node.pod();
        node.write(`${folder}/one.test/ca.crt`, "tampered");
        node.delete(`${folder}/one.test/hosts.toml`);
        await node.becomes(`${folder}/one.test/ca.crt`, "root");
        await node.becomes(`${folder}/one.test/hosts.toml`, "one");
        node.delete(`${folder}/one.test`);
        await node.becomes(`${folder}/one.test/hosts.toml`, "one");
        // In the middle of its work it would end with a report, and the kubelet would start it again.
        while (node.exists(`${state}/trust/work`)) await setTimeout(20);
        node.delete(`${state}/trust`);
        await node.becomes(`${state}/trust/holder`, "pod-1\n");
    });

    it("keeps what others change in their part of a merged file, and puts our part back", async () => {
        node.write(`${folder}/one.test/hosts.toml`, "# theirs\n");
        node.giveRendered("containerd", folder, "one.test");
        const end = await node.pod();
        const ours = node.read(`${folder}/one.test/hosts.toml`)?.replace("# theirs\n", "") ?? "";
        node.write(`${folder}/one.test/hosts.toml`, '# theirs, changed\nserver = "x"\n');
        await node.becomes(`${folder}/one.test/hosts.toml`, `# theirs, changed\nserver = "x"\n${ours}`);
        await end();
        assert.equal(node.read(`${folder}/one.test/hosts.toml`), '# theirs, changed\nserver = "x"\n');
    });

    it("does not write again what a newer pod has taken back", async () => {
        await node.pod({ pod: "old" });
        node.remove({ pod: "remover" });
        await setTimeout(500);
        assert.equal(node.exists(`${folder}/one.test`), false);
        const rest = node.start("rest", { pod: "remover" });
        await setTimeout(200);
        await node.terminate();
        rest.kill("SIGTERM");
        for (let tries = 0; tries < 50 && node.exists(`${state}/trust`); tries += 1) await setTimeout(100);
        assert.equal(node.exists(`${state}/trust`), false);
    });

    it("leaves the ledger alone at the end of a rest when a new agent has come", async () => {
        node.remove({ pod: "remover" });
        const rest = node.start("rest", { pod: "remover" });
        await setTimeout(200);
        node.apply({ pod: "new" });
        rest.kill("SIGTERM");
        await setTimeout(300);
        assert.equal(node.read(`${state}/trust/holder`), "new\n");
    });
});
