import assert from "node:assert/strict";

import { unknown, type Properties } from "../../plugin/properties.ts";
import { HarborSite } from "../support/harborSite.ts";
import type { PluginClient } from "../support/pluginClient.ts";

const remote = "http://remote.test:5000";

describe("replication rules of Harbor", () => {
    let site: HarborSite;
    let plugin: PluginClient;
    let given: Properties;

    beforeEach(async () => {
        site = await HarborSite.start();
        site.registry(remote);
        site.registry("https://hub.docker.com");
        plugin = await site.plugin("HarborRule");
        given = {
            name: "rule",
            mode: "pull",
            endpoint: await endpoint("docker-registry", remote),
            destinationNamespace: "mirror",
        };
    });
    afterEach(async () => {
        assert.deepEqual(site.harbor.problems, []);
        await site.stop();
    });

    const endpoint = async (type: string, url: string): Promise<string> => {
        const endpoints = plugin.of("HarborEndpoint");
        const { values, failures } = await endpoints.check({ name: type, type, url });
        assert.deepEqual(failures, []);
        return (await endpoints.create(values)).id;
    };
    const checked = async (change: Properties = {}, before?: Properties): Promise<Properties> => {
        const { values, failures } = await plugin.check({ ...given, ...change }, before);
        assert.deepEqual(failures, []);
        return values;
    };

    it("are made, found as they were made, changed as a whole and removed", async () => {
        const inputs = await checked({
            description: "what it is for",
            filters: [
                { type: "tag", value: "1.*" },
                { type: "name", value: "library/**" },
                { type: "tag", value: "*-rc", decoration: "excludes" },
            ],
            trigger: "scheduled",
            cron: " 0  30 2 * *   MON ",
            speed: 1000,
            override: false,
            enabled: false,
        });
        assert.equal(inputs.cron, "0 30 2 * * MON");
        const { id, state } = await plugin.create(inputs);
        assert.deepEqual(state.values, inputs);
        const fresh = await site.plugin("HarborRule");
        assert.deepEqual((await fresh.read(id, state.values))?.values, inputs);
        assert.deepEqual(await fresh.diff(state.values, inputs), { changes: [], replaces: [] });
        // Everything that is not said any more goes back to what it was: nothing is left of the schedule or the filters.
        const plain = await checked({}, inputs);
        assert.deepEqual((await plugin.update(inputs, plain, id)).values, plain);
        const again = await site.plugin("HarborRule");
        assert.deepEqual((await again.read(id))?.values, plain);
        await plugin.delete(plain, id);
        await plugin.delete(plain, id);
        assert.equal(site.harbor.state.policies.all().length, 0);
    });

    it("show at refresh whatever somebody changed: filters, description, speed, and what went absent", async () => {
        const filters = [{ type: "name", value: "a/b" }];
        const inputs = await checked({
            filters,
            description: "mine",
            speed: 5,
            trigger: "scheduled",
            cron: "0 5 * * * *",
        });
        const { id } = await plugin.create(inputs);
        const other = {
            ...inputs,
            filters: [],
            description: "",
            speed: 0,
            trigger: "manual",
            cron: undefined,
            enabled: false,
            override: false,
        };
        await plugin.update(inputs, other, id);
        const fresh = await site.plugin("HarborRule");
        const found = (await fresh.read(id, inputs))?.values ?? {};
        const { changes } = await fresh.diff(found, inputs);
        assert.deepEqual(changes.sort(), ["cron", "description", "enabled", "filters", "override", "speed", "trigger"]);
    });

    it("ask for official images of Docker Hub by their whole name", async () => {
        const hub = await endpoint("docker-hub", "https://hub.docker.com");
        const filters = [{ type: "name", value: "redis" }];
        const inputs = await checked({ endpoint: hub, filters });
        assert.deepEqual(inputs.filters, [{ type: "name", value: "library/redis" }]);
        assert.equal(inputs.endpointType, "docker-hub");
        for (const value of ["**", "bitnami/redis"]) {
            assert.deepEqual((await checked({ endpoint: hub, filters: [{ type: "name", value }] })).filters, [
                { type: "name", value },
            ]);
        }
        const many = [{ type: "name", value: "{redis,nginx}" }];
        assert.deepEqual((await checked({ endpoint: hub, filters: many })).filters, [
            { type: "name", value: "library/{redis,nginx}" },
        ]);
        // A new endpoint has no number yet, but its type is known.
        const early = await checked({ endpoint: unknown, endpointType: "docker-hub", filters });
        assert.deepEqual(early.filters, [{ type: "name", value: "library/redis" }]);
    });

    it("are replaced only where the other end changes, the old one first", async () => {
        const inputs = await checked();
        assert.deepEqual(await plugin.diff(inputs, { ...inputs, endpoint: "9", speed: 3, adopt: true }), {
            changes: ["endpoint", "speed"],
            replaces: ["endpoint"],
        });
    });

    it("are refused by key where Harbor would refuse them, change them, or never act on them", async () => {
        const filter = (one: Properties): Properties => ({ filters: [one] });
        const cases: [Properties, RegExp][] = [
            [{ name: "n".repeat(257) }, /^name: is too long/],
            [{ mode: "both" }, /^mode: allowed are pull .* and push/],
            [{ mode: undefined }, /^mode: is missing/],
            [{ endpoint: "77" }, /^endpoint: is 77, and this Harbor has no endpoint/],
            [{ trigger: "daily" }, /^trigger: allowed are manual, scheduled, event_based/],
            [{ trigger: "scheduled" }, /^cron: is missing/],
            [{ cron: "0 5 * * * *" }, /^cron: is for scheduled rules alone/],
            [{ trigger: "event_based" }, /^trigger: event_based is for rules that push/],
            [{ mode: "push", trigger: "event_based", singleActive: true }, /^singleActive: cannot go with event_based/],
            [{ deletion: true }, /^deletion: works for rules alone that push/],
            [{ mode: "push", trigger: "event_based", deletion: true }, /^deletion: does not work to a docker-registry/],
            [{ speed: -5 }, /^speed: is -5; allowed are whole Kbit/],
            [{ speed: 16_777_216 }, /^speed: is 16777216/],
            [{ replaceCount: 128 }, /^replaceCount: allowed are -1/],
            [{ destinationNamespace: "Mirror" }, /^destinationNamespace: allowed are lower-case/],
            [{ destinationNamespace: "a//b" }, /^destinationNamespace: allowed are lower-case/],
            [{ destinationNamespace: "a".repeat(257) }, /^destinationNamespace: is too long/],
            [
                { destinationNamespace: "", ...filter({ type: "name", value: "solo" }) },
                /^destinationNamespace: is missing: solo has no namespace/,
            ],
            [{ ...filter({ type: "name", value: "solo" }) }, /^replaceCount: is 1, but solo has fewer levels/],
            [filter({ type: "chart", value: "x" }), /^filters\[0\].type: allowed are name, tag, label, resource/],
            [filter({ type: "name", value: 5 }), /^filters\[0\].value: must be a text/],
            [filter({ type: "name", value: "" }), /^filters\[0\].value: must be a text/],
            [
                filter({ type: "name", value: "a/b", decoration: "matches" }),
                /^filters\[0\].decoration: is for filters of tags/,
            ],
            [
                filter({ type: "tag", value: "1", decoration: "foo" }),
                /^filters\[0\].decoration: allowed are matches, excludes/,
            ],
            [filter({ type: "label", value: "qa" }), /^filters\[0\].value: is not for labels/],
            [filter({ type: "label", labels: [] }), /^filters\[0\].labels: must be a list of names/],
            [filter({ type: "label", labels: ["qa"] }), /^filters\[0\].type: labels are known to Harbor alone/],
            [filter({ type: "resource", value: "chart" }), /^filters\[0\].value: allowed are image, artifact/],
            [filter({ type: "tag", value: "{1, 2}" }), /^filters\[0\].value: holds a blank/],
            [filter({ type: "tag", value: "{1" }), /^filters\[0\].value: has a \{/],
            [filter({ type: "name", value: "a/[b" }), /^filters\[0\].value: has a \[/],
            [filter({ type: "name", value: "a/b**" }), /^filters\[0\].value: has \*\* beside/],
            [filter({ type: "name", value: `a/${"b".repeat(1000)}` }), /^filters: take 10\d\d characters/],
        ];
        for (const [change, expected] of cases) {
            const { failures } = await plugin.check({ ...given, ...change });
            assert.match(failures.join("\n"), expected, JSON.stringify(change));
        }
    });

    it("to a proxy cache are refused, since Harbor would copy nothing", async () => {
        const projects = plugin.of("HarborProject");
        const cache = await projects.check({ name: "cache", proxyEndpoint: given.endpoint });
        assert.deepEqual(cache.failures, []);
        await projects.create(cache.values);
        const { failures } = await plugin.check({ ...given, destinationNamespace: "cache/below" });
        assert.match(failures.join(), /^destinationNamespace: leads to cache, which is a proxy cache/);
        await checked({ mode: "push", destinationNamespace: "cache" });
    });

    it("on many endpoints cost no request each while nothing changes", async function () {
        // Each request and each answer is compared with Harbor's document.
        this.timeout(60_000);
        const made: { id: string; values: Properties }[] = [];
        for (let index = 0; index < 230; index += 1) {
            const { id, state } = await plugin.create(await checked({ name: `rule-${index.toString()}` }));
            made.push({ id, values: state.values });
        }
        const fresh = await site.plugin("HarborRule");
        site.taken();
        for (const { id, values } of made) {
            const news = await fresh.check({ ...given, name: values.name }, values);
            assert.deepEqual(await fresh.diff(values, news.values), { changes: [], replaces: [] });
            assert.deepEqual((await fresh.read(id, values))?.values, values);
        }
        const asked = site.taken();
        assert.ok(asked.length <= 3, asked.join("\n"));
        assert.ok(site.harbor.mostAtOnce <= 20);
    });

    it("go although runs are under way or seem to be", async () => {
        site.registry(remote, ["org/app:1"]);
        const slow = await HarborSite.start({
            pace: () => ({ found: 1, work: () => 60_000, retries: [] }),
            refreshMs: 300,
        });
        slow.registry(remote, ["org/app:1"]);
        const rules = await slow.plugin("HarborRule");
        const endpoints = rules.of("HarborEndpoint");
        const end = await endpoints.create(
            (await endpoints.check({ name: "e", type: "docker-registry", url: remote })).values,
        );
        const { values } = await rules.check({ ...given, endpoint: end.id });
        const { id } = await rules.create(values);
        const runs = rules.of("HarborRun");
        const run = await runs.create((await runs.check({ rule: id, wait: false })).values);
        assert.equal(run.state.values.status, "InProgress");
        await rules.delete(values, id);
        assert.equal(slow.harbor.state.policies.all().length, 0);
        await slow.stop();
    });
});
