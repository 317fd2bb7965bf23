import assert from "node:assert/strict";

import { decoded, olm, QuaySite, registries, secrets } from "../quay/site.ts";

describe("the stack quay, with the engine, OLM's and Quay's definitions, and their operators played", () => {
    let site: QuaySite;

    before(async function () {
        this.timeout(240_000);
        site = await QuaySite.start("quay-e2e");
    });
    after(() => site.stop());

    it("comes up: operator approved, Quay ready, first user, organisation, robots, and the flag off again", async () => {
        const { cluster, quay, operators, said } = site;
        await site.succeed(["up", "--yes", "--skip-preview"]);
        const { installedCSV } = (await cluster.get(`${olm}/subscriptions/quay-operator`)).status as {
            installedCSV: string;
        };
        assert.equal(installedCSV, "quay-operator.v3.17.0");
        assert.deepEqual(operators.flags, [false, true, false]);
        assert.equal((await site.bundle()).FEATURE_USER_INITIALIZE, false);
        assert.deepEqual([...quay.state.users.keys()], ["quayadmin"]);
        assert.deepEqual([...quay.state.repository("apps/backend").users].sort(), [
            ["apps+ci", "write"],
            ["apps+pull", "read"],
        ]);
        const { data } = await cluster.get("/api/v1/namespaces/web/secrets/quay-pull");
        const token = quay.state.organization("apps").robots.get("pull")?.token ?? "none";
        assert.deepEqual(JSON.parse(decoded(data, ".dockerconfigjson")), {
            auths: {
                [new URL(quay.url).host]: {
                    ...{ username: "apps+pull", password: token },
                    auth: Buffer.from(`apps+pull:${token}`).toString("base64"),
                },
            },
        });
        const state = await site.succeed(["stack", "export"]);
        const password = quay.state.users.get("quayadmin")?.password ?? "";
        for (const secret of [token, password, "hunter2"])
            assert.ok(!state.includes(secret) && said.every((text) => !text.includes(secret)));
    });

    it("shows no change afterwards", async () => {
        await site.succeed(["preview", "--expect-no-changes"]);
    });

    it("goes with all that it made", async () => {
        const { api } = site.cluster;
        await site.succeed(["destroy", "--yes", "--skip-preview"]);
        for (const path of [registries, `${olm}/subscriptions`, `${olm}/clusterserviceversions`])
            assert.equal((await api.list(path)).items.length, 0, path);
        for (const path of [`${secrets}/site-config-bundle`, "/api/v1/namespaces/web/secrets/quay-pull"])
            assert.equal(await api.get(path), undefined, path);
    });
});
