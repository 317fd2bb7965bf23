import assert from "node:assert/strict";

import type { Properties } from "../../plugin/properties.ts";
import { FakeApiServer } from "../support/fakeApiServer.ts";
import { PluginClient } from "../support/pluginClient.ts";
import { ReceiptNodes } from "../support/receiptNodes.ts";

const inputs = { namespace: "trust", daemonSet: "proof", images: ["reg.example.org/a@sha256:0"], timeoutSeconds: 1.5 };

describe("receipts of a pull", () => {
    let fake: FakeApiServer;
    let nodes: ReceiptNodes;
    let plugin: PluginClient;

    beforeEach(async () => {
        fake = await FakeApiServer.start();
        nodes = new ReceiptNodes(fake);
        plugin = await PluginClient.start("PullReceipts", fake.kubeconfig);
        nodes.daemonSet("proof");
    });
    afterEach(async () => {
        plugin.stop();
        await fake.stop();
    });

    it("are there once every Ready node has started the present image", async () => {
        nodes.node("a");
        nodes.node("gone", false);
        nodes.pod("proof", "a", {});
        const { id, state } = await plugin.create((await plugin.check(inputs)).values);
        assert.equal(id, "trust/proof");
        assert.deepEqual(
            (state.values.nodes as Properties[]).map(({ node, status }) => [node, status]),
            [
                ["a", "pulled"],
                ["gone", "notReady"],
            ],
        );
        assert.deepEqual((await plugin.diff(state.values, inputs)).changes, []);
        assert.deepEqual((await plugin.diff(state.values, { ...inputs, images: [] })).changes, ["images"]);
    });

    it("carry what the kubelet said before it waited, and else what the events say", async () => {
        for (const node of ["told", "mute"]) nodes.node(node);
        const backOff = { reason: "ImagePullBackOff", message: 'Back-off pulling image "x"' };
        nodes.pod("proof", "told", {
            ready: false,
            waiting: { reason: "ErrImagePull", message: "dial tcp 10.0.0.7:443: connect: connection refused" },
        });
        nodes.pod("proof", "mute", { ready: false, waiting: backOff });
        fake.put("/api/v1/namespaces/trust/events", {
            metadata: { name: "1", namespace: "trust" },
            involvedObject: { name: "proof-mute-proof-2" },
            type: "Warning",
            message: 'Failed to pull image "x": x509: certificate signed by unknown authority',
        });
        setTimeout(() => {
            nodes.pod("proof", "told", { ready: false, waiting: backOff });
        }, 500);
        const error: unknown = await plugin.create(inputs).catch((reason: unknown) => reason);
        const { message } = PluginClient.partial(error);
        assert.match(message, /told: ErrImagePull: .*connection refused — the node gets no connection/);
        assert.match(message, /mute: Failed to pull image "x": .*unknown authority — the node does not trust/);
    });
});
