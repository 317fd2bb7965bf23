import assert from "node:assert/strict";

import { eventually } from "../../lab/machines/command.ts";
import { OkdCluster } from "../okd/cluster.ts";
import { PluginClient } from "../support/pluginClient.ts";

type Values = Record<string, unknown>;

describe("a token for CI, on the API of an OKD cluster", () => {
    let cluster: OkdCluster;
    let plugin: PluginClient;

    before(async function () {
        this.timeout(180_000);
        cluster = await OkdCluster.start();
        plugin = await PluginClient.start("OkdToken", cluster.kubeconfig);
    });
    after(async () => {
        plugin.stop();
        await cluster.stop();
    });

    const checked = async (inputs: Values): Promise<Values> => {
        const { values, failures } = await plugin.check(inputs);
        assert.deepEqual(failures, []);
        return values;
    };

    it("is another one in the last third of its time, and ends with its Secret", async () => {
        const core = "/api/v1/namespaces/web";
        await cluster.api.send("POST", `${core}/serviceaccounts`, {
            apiVersion: "v1",
            kind: "ServiceAccount",
            metadata: { name: "ci" },
        });
        await cluster.api.send("POST", `${core}/secrets`, {
            apiVersion: "v1",
            kind: "Secret",
            metadata: { name: "anchor" },
        });
        const inputs = await checked({
            namespace: "web",
            serviceAccount: "ci",
            boundSecret: "anchor",
            lifetimeHours: 3,
        });
        const { state } = await plugin.create(inputs);
        assert.ok(state.secrets.has("token"));
        assert.deepEqual((await plugin.diff(state.values, inputs)).changes, []);
        const issued = new Date(Date.now() - 2.1 * 3_600_000).toISOString();
        const old = {
            ...state.values,
            issuedAt: issued,
            expiresAt: new Date(Date.now() + 0.9 * 3_600_000).toISOString(),
        };
        assert.deepEqual(await plugin.diff(old, inputs), { changes: ["expiresAt"], replaces: [] });
        const api = cluster.as(String(state.values.token));
        const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
        const ask = (): Promise<unknown> =>
            api.send("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", review);
        await ask();
        await cluster.api.send("DELETE", `${core}/secrets/anchor`);
        // The API server remembers for ten seconds whom it has let in.
        await eventually("the end of the token", 20, () =>
            ask().then(
                () => false,
                () => true,
            ),
        );
        await assert.rejects(ask(), /401/);
        assert.equal(await plugin.read("it", state.values), undefined);
        await assert.rejects(plugin.create(inputs), /web lacks the ServiceAccount ci or the Secret anchor/);
    });
});
