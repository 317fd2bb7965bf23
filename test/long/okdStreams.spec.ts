import assert from "node:assert/strict";

import { importTags, report, streamsIn } from "../../tools/okd/streams.ts";
import { table } from "../../tools/okd/table.ts";
import { ClusterResource, type Values } from "../okd/clusterResource.ts";
import { PluginClient } from "../support/pluginClient.ts";

describe("image streams, on the API of an OKD cluster", () => {
    let okd: ClusterResource;

    before(async function () {
        this.timeout(180_000);
        okd = await ClusterResource.start("OkdImageStream");
    });
    after(() => okd.stop());
    const [redis, backend] = ["docker.io/library/redis:8", "quay.io/team/backend:1"];
    const wanted = (name: string, more: Values = {}): Promise<Values> =>
        okd.checked({ namespace: "apps", name, timeoutSeconds: 5, ...more });

    it("are there before a push, and stay with what was pushed", async () => {
        okd.cluster.images.busy = 2;
        const { id, state } = await okd.plugin.create(await wanted("pushed"));
        assert.equal(id, "apps/pushed");
        await assert.rejects(
            okd.plugin.create(await wanted("pushed")),
            /is there already, as a push makes one: set its adopt to true/,
        );
        okd.cluster.images.push("apps/pushed", "1.0", "sha256:pushed");
        await okd.plugin.delete(state.values);
        assert.ok(okd.cluster.images.streams.has("apps/pushed"));
        await okd.plugin.delete({ ...state.values, deleteContents: true });
        assert.ok(!okd.cluster.images.streams.has("apps/pushed"));
    });

    it("import what they are told, and say what could not be", async () => {
        const { id, state, message } = PluginClient.partial(
            await okd.plugin.create(await wanted("redis", { tags: [{ name: "8", from: redis }] })).then(
                () => undefined,
                (error: unknown) => error,
            ),
        );
        assert.match(
            message,
            /apps\/redis were not imported:\n.*8: ImportSuccess is False \(NotFound: .*redis:8" not found/,
        );
        okd.cluster.images.upstream.set(redis, "sha256:one");
        const inputs = await wanted("redis", { request: 2, tags: [{ name: "8", from: redis, scheduled: true }] });
        const now = await okd.plugin.update(state.values, inputs, id);
        assert.deepEqual(now.values.images, { "8": "sha256:one" });
        const stored = okd.cluster.images.streams.get("apps/redis")?.spec.tags?.[0] as unknown as {
            importPolicy: Values;
        };
        assert.deepEqual(stored.importPolicy, { scheduled: true, insecure: false, importMode: "PreserveOriginal" });
    });

    it("keep tags of others, and report what is behind until it is imported", async () => {
        okd.cluster.images.upstream.set(backend, "sha256:old");
        const inputs = await wanted("backend", { tags: [{ name: "1", from: backend }] });
        await okd.plugin.create(inputs);
        okd.cluster.images.push("apps/backend", "dev", "sha256:dev");
        okd.cluster.images.upstream.set(backend, "sha256:new");
        const state = { deployment: { resources: [{ type: "siteregistry:index:OkdImageStream", inputs }] } };
        const found = streamsIn(state);
        const before = await report(okd.cluster.api, found);
        assert.deepEqual(
            before.map(({ tag, state: now, here, upstream }) => [tag, now, here, upstream]),
            [["apps/backend:1", "behind", "sha256:old", "sha256:new"]],
        );
        assert.match(table(before), /apps\/backend:1 +behind \(held\) +sha256:old +sha256:new/);
        await assert.rejects(importTags(okd.cluster.api, found, ["apps/ghost"]), /imports no apps\/ghost/);
        assert.deepEqual(await importTags(okd.cluster.api, found, ["apps/backend"]), [
            "apps/backend:1 imported from quay.io/team/backend:1",
        ]);
        assert.deepEqual(
            (await report(okd.cluster.api, found)).map((row) => row.state),
            ["current"],
        );
        okd.cluster.images.upstream.delete(backend);
        assert.deepEqual(
            (await report(okd.cluster.api, found)).map((row) => row.state),
            ["unknown"],
        );
        assert.deepEqual(
            okd.cluster.images.streams
                .get("apps/backend")
                ?.status.tags?.map(({ tag }) => tag)
                .sort(),
            ["1", "dev"],
        );
    });
});
