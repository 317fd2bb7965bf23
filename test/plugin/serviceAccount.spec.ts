import assert from "node:assert/strict";

import { accountPath, addEntry, removeEntry } from "../../plugin/copier/serviceAccount.ts";
import { FakeApiServer } from "../support/fakeApiServer.ts";
import { rewriteEntries } from "../support/rewritingController.ts";

describe("the entry in a ServiceAccount", () => {
    let fake: FakeApiServer;

    beforeEach(async () => {
        fake = await FakeApiServer.start();
        fake.put("/api/v1/namespaces/apps/serviceaccounts", {
            metadata: { name: "default", namespace: "apps", labels: { kept: "yes" } },
            secrets: [{ name: "token" }],
            imagePullSecrets: [{ name: "theirs" }, { name: "dockercfg-0" }],
            somethingNew: { kept: true },
        });
    });
    afterEach(() => fake.stop());

    it("is added and removed alone: nothing else of the account changes", async () => {
        const before = fake.get(accountPath("apps", "default"));
        assert.equal(await addEntry(fake.client(), "apps", "default", "ours"), true);
        assert.deepEqual(fake.entries("apps"), ["theirs", "dockercfg-0", "ours"]);
        await removeEntry(fake.client(), "apps", "default", "ours");
        const after = fake.get(accountPath("apps", "default"));
        assert.deepEqual({ ...after, metadata: {} }, { ...before, metadata: {} });
        assert.deepEqual(after?.metadata.labels, { kept: "yes" });
    });

    it("is written under the resourceVersion that was read, and never when it is there", async () => {
        await addEntry(fake.client(), "apps", "default", "theirs");
        await removeEntry(fake.client(), "apps", "default", "nobody's");
        assert.deepEqual([...new Set(fake.asked.map(({ method }) => method))], ["GET"]);
        const { resourceVersion } = fake.get(accountPath("apps", "default"))?.metadata ?? {};
        await addEntry(fake.client(), "apps", "default", "ours");
        const put = fake.asked.find(({ method }) => method === "PUT");
        assert.equal(
            (put?.body as { metadata: { resourceVersion: string } }).metadata.resourceVersion,
            resourceVersion,
        );
    });

    it("stands against a controller that rewrites the list, and takes nothing from it", async () => {
        let done = false;
        const controller = rewriteEntries(fake.client(), "apps", "default", () => done);
        for (let round = 0; round < 10; round += 1) {
            await addEntry(fake.client(), "apps", "default", "ours");
            assert.equal(fake.entries("apps").filter((name) => name === "ours").length, 1);
            assert.ok(fake.entries("apps").includes("theirs"));
            if (round < 9) await removeEntry(fake.client(), "apps", "default", "ours");
        }
        done = true;
        assert.ok((await controller) > 0, "the two never met");
        const entries = fake.entries("apps");
        assert.deepEqual(entries.filter((name) => !name.startsWith("dockercfg-")).sort(), ["ours", "theirs"]);
        assert.equal(entries.length, 3);
    });

    it("tries again when another was faster, and gives up on a refusal", async () => {
        let refusals = 3;
        fake.refuse = ({ method }) => {
            if (method !== "PUT" || refusals === 0) return undefined;
            refusals -= 1;
            return { status: 409, message: "the object has been modified" };
        };
        await addEntry(fake.client(), "apps", "default", "ours");
        assert.ok(fake.entries("apps").includes("ours"));
        fake.refuse = ({ method }) => (method === "PUT" ? { status: 403, message: "forbidden" } : undefined);
        await assert.rejects(removeEntry(fake.client(), "apps", "default", "ours"), /403: forbidden/);
    });

    it("of an account that is not there is no error", async () => {
        assert.equal(await addEntry(fake.client(), "apps", "builder", "ours"), false);
        await removeEntry(fake.client(), "nowhere", "default", "ours");
    });
});
