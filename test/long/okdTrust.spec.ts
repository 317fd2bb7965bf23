import assert from "node:assert/strict";

import { OkdCluster } from "../okd/cluster.ts";
import { imagePath, operatorManager } from "../okd/objects.ts";
import { PluginClient } from "../support/pluginClient.ts";

type Values = Record<string, unknown>;

describe("certificates that an OKD cluster trusts, on its API", () => {
    let cluster: OkdCluster;
    let plugin: PluginClient;

    before(async function () {
        this.timeout(180_000);
        cluster = await OkdCluster.start();
        plugin = await PluginClient.start("OkdTrustedCertificates", cluster.kubeconfig);
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

    const merge = (path: string, change: object, manager = operatorManager): Promise<unknown> =>
        cluster.api.send("PATCH", `${path}?fieldManager=${manager}`, change, {
            "content-type": "application/merge-patch+json",
        });
    const place = (name: string): string => `/api/v1/namespaces/openshift-config/configmaps/${name}`;
    const made = async (owner: string, certificates: Values): Promise<Values> => {
        const inputs = await checked({ owner, certificates });
        return (await plugin.create(inputs)).state.values;
    };
    const gone = (state: Values): Promise<void> => plugin.delete(state);
    const referred = async (): Promise<unknown> => (await cluster.get(imagePath)).spec;

    it("are added to what is there, and taken back from it", async () => {
        await cluster.put(place("theirs"), {
            ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "theirs", namespace: "openshift-config" } },
            data: { "other.test": "their roots" },
        });
        await merge(imagePath, { spec: { additionalTrustedCA: { name: "theirs" } } }, "somebody");
        const state = await made("one", { "registry.site.test:5000": "our roots" });
        assert.equal(state.usedConfigMap, "theirs");
        assert.deepEqual((await cluster.get(place("theirs"))).data, {
            "other.test": "their roots",
            "registry.site.test..5000": "our roots",
        });
        await assert.rejects(
            made("two", { "other.test": "other roots" }),
            /other certificates of somebody else for one of other\.test/,
        );
        const { values = {} } = (await plugin.read("it", state)) ?? {};
        assert.deepEqual(values, state);
        await gone(state);
        assert.deepEqual((await cluster.get(place("theirs"))).data, { "other.test": "their roots" });
        assert.deepEqual(await referred(), { additionalTrustedCA: { name: "theirs" } });
        await cluster.api.send("DELETE", place("theirs"));
        await assert.rejects(
            made("one", { "a.test": "x" }),
            /names the ConfigMap openshift-config\/theirs in additionalTrustedCA, and there is none/,
        );
        await merge(imagePath, { spec: { additionalTrustedCA: null } }, "somebody");
    });

    it("of two stacks share one ConfigMap, which goes with the last", async () => {
        const [first, second] = [
            await made("first", { "a.test": "a", "both.test": "b" }),
            await made("second", { "both.test": "b" }),
        ];
        await gone(first);
        assert.deepEqual((await cluster.get(place("siteregistry-trusted-ca"))).data, { "both.test": "b" });
        assert.deepEqual(await referred(), { additionalTrustedCA: { name: "siteregistry-trusted-ca" } });
        await gone(second);
        assert.equal(await cluster.api.get(place("siteregistry-trusted-ca")), undefined);
        assert.deepEqual(await referred(), {});
    });
});
