import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import { reasonInLog } from "../../plugin/harbor/runs.ts";
import type { Properties } from "../../plugin/properties.ts";
import type { Options } from "../harbor/options.ts";
import { hastyClock, HarborSite } from "../support/harborSite.ts";
import type { PluginClient } from "../support/pluginClient.ts";

/** Harbor's own times, a hundred times as fast. */
const hasty: Options = {
    clock: hastyClock(100),
    refreshMs: 30_000,
    lockMs: 1_500,
    pace: () => ({ found: 500, work: () => 2_000, retries: [16_000, 31_000] }),
};
const remote = "http://remote.test:5000";

describe("runs of a replication rule", () => {
    let site: HarborSite;
    let plugin: PluginClient;
    let rule: string;

    const begin = async (
        options: Options = {},
        change: Properties = {},
        images = ["org/app:1", "org/tool:2"],
    ): Promise<void> => {
        site = await HarborSite.start(options);
        site.registry(remote, images);
        plugin = await site.plugin("HarborRun");
        const endpoints = plugin.of("HarborEndpoint");
        const made = await endpoints.create(
            (await endpoints.check({ name: "e", type: "docker-registry", url: remote })).values,
        );
        const rules = plugin.of("HarborRule");
        const given = { name: "r", mode: "pull", endpoint: made.id, destinationNamespace: "mirror", ...change };
        const checked = await rules.check(given);
        assert.deepEqual(checked.failures, []);
        rule = (await rules.create(checked.values)).id;
    };
    afterEach(async () => {
        assert.deepEqual(site.harbor.problems, []);
        await site.stop();
    });

    const run = async (change: Properties = {}): Promise<Properties> => {
        const { values, failures } = await plugin.check({ rule, retryGraceSeconds: 0.3, ...change });
        assert.deepEqual(failures, []);
        return (await plugin.create(values)).state.values;
    };

    it("copy, and say what", async () => {
        await begin();
        const state = await run();
        assert.equal(state.status, "Succeed");
        assert.equal(state.total, 2);
        assert.deepEqual(state.repositories, ["mirror/app", "mirror/tool"]);
    });

    it("come again when a trigger changes, or always", async () => {
        await begin();
        const before = await run({ triggers: ["one"] });
        const same = (await plugin.check({ rule, retryGraceSeconds: 0.3, triggers: ["one"] })).values;
        assert.deepEqual(await plugin.diff(before, { ...same, timeoutSeconds: 7 }), { changes: [], replaces: [] });
        const other = (await plugin.check({ rule, retryGraceSeconds: 0.3, triggers: ["two"] })).values;
        assert.deepEqual(await plugin.diff(before, other), { changes: ["triggers"], replaces: [] });
        const after = await plugin.update(before, other);
        assert.notEqual(after.values.run, before.run);
        const always = (await plugin.check({ rule, when: "always", triggers: ["two"] })).values;
        assert.deepEqual((await plugin.diff(after.values, always)).changes.sort(), ["at", "when"]);
        assert.match(
            (await plugin.check({ rule, when: "never" })).failures.join(),
            /^when: allowed are onChange, always/,
        );
    });

    it("that find nothing are no success, unless that is right", async () => {
        await begin({}, { filters: [{ type: "tag", value: "none" }] });
        await assert.rejects(
            run(),
            /found nothing to copy \(no resources need to be replicated\): .*set requireImages to false/,
        );
        assert.equal((await run({ requireImages: false })).total, 0);
    });

    it("that fail before they begin say why", async () => {
        await begin({}, { filters: [{ type: "name", value: "org/missing" }] });
        await assert.rejects(run(), /failed before anything was copied: .*404.*NAME_UNKNOWN/);
    });

    it("that cannot copy an image name it, with the reason of its log", async () => {
        await begin(hasty);
        const registry = site.outside.registries.get(remote);
        registry?.broken.add(registry.content.get("org/tool")?.get("2")?.blobs[0]?.digest ?? "");
        await assert.rejects(run({ retryGraceSeconds: 1.3 }), (error: Error) => {
            assert.match(
                error.message,
                /1 of 2 repositories were not copied:\n {2}org\/tool .* -> mirror\/tool .*: .*unexpected EOF/,
            );
            assert.doesNotMatch(error.message, /digest=/);
            return true;
        });
    });

    it("that fail and recover are a success", async () => {
        await begin(hasty);
        const registry = site.outside.registries.get(remote);
        const blob = registry?.content.get("org/tool")?.get("2")?.blobs[0]?.digest ?? "";
        registry?.broken.add(blob);
        setTimeout(() => registry?.broken.delete(blob), 400);
        const state = await run({ retryGraceSeconds: 5 });
        assert.equal(state.status, "Succeed");
        assert.equal(state.total, 2);
    });

    it("wait for one that is under way, and follow a rule that has only one", async () => {
        await begin({ pace: () => ({ found: 5, work: () => 150, retries: [] }) }, { singleActive: true });
        const [one, two] = await Promise.all([run(), run()]);
        assert.notEqual(one.run, two.run);
        assert.deepEqual([one.status, two.status], ["Succeed", "Succeed"]);
    });

    it("that take too long are stopped", async () => {
        await begin({ pace: () => ({ found: 5, work: () => 60_000, retries: [] }) });
        await assert.rejects(run({ timeoutSeconds: 2 }), /is not over in time and was stopped: 0 of 2 repositories/);
        assert.deepEqual(site.harbor.state.executions.all().map(({ id }) => id).length, 1);
        assert.ok(site.harbor.asked.some(({ method, path }) => method === "PUT" && path.includes("/executions/")));
    });

    it("are stopped when the person has had enough", async () => {
        await begin({ pace: () => ({ found: 5, work: () => 60_000, retries: [] }) });
        const failing = assert.rejects(run(), /cancelled|aborted/);
        while (site.harbor.state.executions.all().length === 0) await sleep(10);
        void plugin.cancel();
        await failing;
        assert.ok(site.harbor.asked.some(({ method, path }) => method === "PUT" && path.includes("/executions/")));
    });

    it("of a rule that is turned off are refused with what to do", async () => {
        await begin({}, { enabled: false });
        await assert.rejects(run(), /the policy 1 is disabled.*: enable the rule/);
    });

    it("are begun once, even when the answer is lost", async () => {
        await begin();
        site.harbor.faults.add({
            harm: { kind: "lost" },
            meets: ({ method, path }) => method === "POST" && path.endsWith("/executions"),
            times: 1,
        });
        assert.equal((await run()).status, "Succeed");
        assert.equal(site.harbor.state.executions.all().length, 1);
    });
});

describe("the reason in a log of Harbor", () => {
    it("is the first error of the last try, without a token", () => {
        const line = (kind: string, text: string): string => `2026-11-21T01:26:04Z [${kind}] [/a/b.go:1]: ${text}`;
        const log = [
            line("INFO", "client for source registry [type: harbor] created"),
            line("ERROR", "old"),
            line("INFO", "client for source registry [type: harbor] created"),
            line("ERROR", 'Put "http://h/v2/a/blobs/uploads/1?_state=secret": broken'),
            line("ERROR", "got error during the whole transfer period"),
        ];
        assert.equal(reasonInLog(log.join("\n")), 'Put "http://h/v2/a/blobs/uploads/1": broken');
        assert.equal(reasonInLog(""), "its log is empty");
    });
});
