import assert from "node:assert/strict";

import { ClusterResource, type Values } from "../okd/clusterResource.ts";
import { imagePath } from "../okd/objects.ts";

describe("certificates that an OKD cluster trusts, on its API", () => {
    let okd: ClusterResource;

    before(async function () {
        this.timeout(180_000);
        okd = await ClusterResource.start("OkdTrustedCertificates");
    });
    after(() => okd.stop());

    const place = (name: string): string => `/api/v1/namespaces/openshift-config/configmaps/${name}`;
    const made = async (owner: string, certificates: Values): Promise<Values> => {
        const inputs = await okd.checked({ owner, certificates });
        return (await okd.plugin.create(inputs)).state.values;
    };
    const gone = (state: Values): Promise<void> => okd.plugin.delete(state);
    const referred = async (): Promise<unknown> => (await okd.cluster.get(imagePath)).spec;

    it("are added to what is there, and taken back from it", async () => {
        await okd.cluster.put(place("theirs"), {
            ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "theirs", namespace: "openshift-config" } },
            data: { "other.test": "their roots" },
        });
        await okd.merge(imagePath, { spec: { additionalTrustedCA: { name: "theirs" } } }, "somebody");
        const state = await made("one", { "registry.site.test:5000": "our roots" });
        assert.equal(state.usedConfigMap, "theirs");
        assert.deepEqual((await okd.cluster.get(place("theirs"))).data, {
            "other.test": "their roots",
            "registry.site.test..5000": "our roots",
        });
        await assert.rejects(
            made("two", { "other.test": "other roots" }),
            /other certificates of somebody else for one of other\.test/,
        );
        const { values = {} } = (await okd.plugin.read("it", state)) ?? {};
        assert.deepEqual(values, state);
        await gone(state);
        assert.deepEqual((await okd.cluster.get(place("theirs"))).data, { "other.test": "their roots" });
        assert.deepEqual(await referred(), { additionalTrustedCA: { name: "theirs" } });
        await okd.cluster.api.send("DELETE", place("theirs"));
        await assert.rejects(
            made("one", { "a.test": "x" }),
            /names the ConfigMap openshift-config\/theirs in additionalTrustedCA, and there is none/,
        );
        await okd.merge(imagePath, { spec: { additionalTrustedCA: null } }, "somebody");
    });

    it("of two stacks share one ConfigMap, which goes with the last", async () => {
        const [first, second] = [
            await made("first", { "a.test": "a", "both.test": "b" }),
            await made("second", { "both.test": "b" }),
        ];
        await gone(first);
        assert.deepEqual((await okd.cluster.get(place("siteregistry-trusted-ca"))).data, { "both.test": "b" });
        assert.deepEqual(await referred(), { additionalTrustedCA: { name: "siteregistry-trusted-ca" } });
        await gone(second);
        assert.equal(await okd.cluster.api.get(place("siteregistry-trusted-ca")), undefined);
        assert.deepEqual(await referred(), {});
    });
});
