import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";

import { FakeApiServer } from "../support/fakeApiServer.ts";
import { PluginClient } from "../support/pluginClient.ts";
import { ReceiptNodes } from "../support/receiptNodes.ts";

const namespace = "trust";
const path = `/api/v1/namespaces/${namespace}`;

describe("the removal of a namespace with pods on every node", () => {
    let fake: FakeApiServer;
    let nodes: ReceiptNodes;
    let plugin: PluginClient;

    beforeEach(async () => {
        fake = await FakeApiServer.start();
        nodes = new ReceiptNodes(fake);
        plugin = await PluginClient.start("NamespaceRemoval", fake.kubeconfig);
        nodes.daemonSet("agent");
    });
    afterEach(async () => {
        plugin.stop();
        await fake.stop();
    });

    function leaving(): void {
        fake.put("/api/v1/namespaces", { metadata: { name: namespace, deletionTimestamp: "2026-01-01T00:00:00Z" } });
    }
    /** Whether the removal has ended within a moment. */
    async function ended(removal: Promise<void>): Promise<boolean> {
        return Promise.race([removal.then(() => true), setTimeout(1500).then(() => false)]);
    }

    it("asks nothing when it is made, and nothing of a namespace that is gone or stays", async () => {
        const { id, state } = await plugin.create({ namespace });
        assert.deepEqual([id, state.values], [namespace, { namespace }]);
        assert.deepEqual(fake.asked, []);
        await plugin.delete(state.values);
        fake.put("/api/v1/namespaces", { metadata: { name: namespace } });
        await plugin.delete(state.values);
        assert.deepEqual(
            fake.asked.map(({ url }) => url),
            [path, path],
        );
    });

    it("waits while a node that is Ready has a pod", async () => {
        leaving();
        nodes.node("here");
        nodes.node("away", false);
        for (const node of ["here", "away"]) nodes.pod("agent", node, {});
        const removal = plugin.delete({ namespace });
        assert.equal(await ended(removal), false);
        fake.remove(path);
        await removal;
    });

    it("does not wait for nodes that are away, or are none of the cluster's any more", async () => {
        leaving();
        nodes.node("here");
        nodes.node("away", false);
        for (const node of ["away", "lost"]) nodes.pod("agent", node, {});
        assert.equal(await ended(plugin.delete({ namespace })), true);
    });
});
