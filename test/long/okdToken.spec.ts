import assert from "node:assert/strict";

import { eventually } from "../../lab/machines/command.ts";
import { ClusterResource } from "../okd/clusterResource.ts";

describe("a token for CI, on the API of an OKD cluster", () => {
    let okd: ClusterResource;

    before(async function () {
        this.timeout(180_000);
        okd = await ClusterResource.start("OkdToken");
    });
    after(() => okd.stop());

    it("is another one in the last third of its time, and ends with its Secret", async () => {
        const core = "/api/v1/namespaces/web";
        await okd.cluster.api.send("POST", `${core}/serviceaccounts`, {
            apiVersion: "v1",
            kind: "ServiceAccount",
            metadata: { name: "ci" },
        });
        await okd.cluster.api.send("POST", `${core}/secrets`, {
            apiVersion: "v1",
            kind: "Secret",
            metadata: { name: "anchor" },
        });
        const inputs = await okd.checked({
            namespace: "web",
            serviceAccount: "ci",
            boundSecret: "anchor",
            lifetimeHours: 3,
        });
        const { state } = await okd.plugin.create(inputs);
        assert.ok(state.secrets.has("token"));
        assert.deepEqual((await okd.plugin.diff(state.values, inputs)).changes, []);
        const issued = new Date(Date.now() - 2.1 * 3_600_000).toISOString();
        const old = {
            ...state.values,
            issuedAt: issued,
            expiresAt: new Date(Date.now() + 0.9 * 3_600_000).toISOString(),
        };
        assert.deepEqual(await okd.plugin.diff(old, inputs), { changes: ["expiresAt"], replaces: [] });
        const api = okd.cluster.as(String(state.values.token));
        const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
        const ask = (): Promise<unknown> =>
            api.send("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", review);
        await ask();
        await okd.cluster.api.send("DELETE", `${core}/secrets/anchor`);
        // The API server remembers for ten seconds whom it has let in.
        await eventually("the end of the token", 20, () =>
            ask().then(
                () => false,
                () => true,
            ),
        );
        await assert.rejects(ask(), /401/);
        assert.equal(await okd.plugin.read("it", state.values), undefined);
        await assert.rejects(okd.plugin.create(inputs), /web lacks the ServiceAccount ci or the Secret anchor/);
    });
});
