import assert from "node:assert/strict";

import { ApiError } from "../../plugin/copier/apiServer.ts";
import { accountPath, addEntry, removeEntry } from "../../plugin/copier/serviceAccount.ts";
import { FakeApiServer } from "../support/fakeApiServer.ts";

/** A controller like OpenShift's, which rewrites the list of a ServiceAccount again and again: it adds, reorders and takes its own away. */
async function rewriting(fake: FakeApiServer, rounds: number, until: () => boolean): Promise<number> {
    const api = fake.client();
    const path = accountPath("apps", "default");
    let conflicts = 0;
    for (let round = 0; round < rounds || !until(); round += 1) {
        const found = await api.get(path);
        assert.ok(found !== undefined);
        const entries = (found.imagePullSecrets ?? []) as { name: string }[];
        const kept = entries.filter(({ name }) => !name.startsWith("dockercfg-")).reverse();
        const imagePullSecrets = [{ name: `dockercfg-${round.toString()}` }, ...kept];
        await api.send("PUT", path, { ...found, imagePullSecrets }).catch((error: unknown) => {
            assert.ok(error instanceof ApiError && error.status === 409, String(error));
            conflicts += 1;
        });
    }
    return conflicts;
}

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
        const controller = rewriting(fake, 50, () => done);
        for (let round = 0; round < 10; round += 1) {
            await addEntry(fake.client(), "apps", "default", "ours");
            assert.equal(fake.entries("apps").filter((name) => name === "ours").length, 1);
            assert.ok(fake.entries("apps").includes("theirs"));
            if (round < 9) await removeEntry(fake.client(), "apps", "default", "ours");
        }
        done = true;
        await controller;
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
