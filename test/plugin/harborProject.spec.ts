import assert from "node:assert/strict";

import type { Properties } from "../../plugin/properties.ts";
import { HarborSite } from "../support/harborSite.ts";
import type { PluginClient } from "../support/pluginClient.ts";

const remote = "http://remote.test:5000";

describe("projects and robots of Harbor", () => {
    let site: HarborSite;
    let projects: PluginClient;
    let robots: PluginClient;

    beforeEach(async () => {
        site = await HarborSite.start();
        site.registry(remote);
        projects = await site.plugin("HarborProject");
        robots = projects.of("HarborRobot");
    });
    afterEach(async () => {
        assert.deepEqual(site.harbor.problems, []);
        await site.stop();
    });

    const checked = async (plugin: PluginClient, given: Properties, before?: Properties): Promise<Properties> => {
        const { values, failures } = await plugin.check(given, before);
        assert.deepEqual(failures, []);
        return values;
    };
    const permissions = [{ kind: "project", namespace: "*", access: [{ resource: "repository", action: "pull" }] }];

    it("projects are made, found as they were made, changed and removed", async () => {
        const inputs = await checked(projects, { name: "mirror" });
        const { id, state } = await projects.create(inputs);
        const fresh = await site.plugin("HarborProject");
        assert.deepEqual((await fresh.read(id, state.values))?.values, inputs);
        const open = await checked(projects, { name: "mirror", public: true }, inputs);
        await projects.update(inputs, open, id);
        assert.equal((await projects.read(id, inputs))?.values.public, true);
        assert.deepEqual((await projects.diff(inputs, { ...inputs, name: "other" })).replaces, ["name"]);
        await projects.delete(open, id);
        assert.equal(await projects.read(id, open), undefined);
    });

    it("a project's limit is set, changed where Harbor keeps it, and seen when somebody else changes it", async () => {
        const limited = await checked(projects, { name: "mirror", storageLimitBytes: 1_000_000 });
        const { id } = await projects.create(limited);
        assert.equal(site.harbor.state.projects.get(Number(id))?.storageLimit, 1_000_000);
        const wider = await checked(projects, { name: "mirror", storageLimitBytes: 2_000_000 }, limited);
        await projects.update(limited, wider, id);
        assert.equal(site.harbor.state.projects.get(Number(id))?.storageLimit, 2_000_000);
        const project = site.harbor.state.projects.get(Number(id));
        assert.ok(project !== undefined);
        site.harbor.state.projects.put({ ...project, storageLimit: 5 });
        const fresh = await site.plugin("HarborProject");
        const seen = (await fresh.read(id, wider))?.values ?? {};
        assert.equal(seen.storageLimitBytes, 5);
        assert.deepEqual((await fresh.diff(seen, wider)).changes, ["storageLimitBytes"]);
        await fresh.update(seen, wider, id);
        assert.deepEqual((await (await site.plugin("HarborProject")).read(id, wider))?.values, wider);
    });

    it("a robot that may not look at limits keeps what was set, and says so", async () => {
        const access = ["create", "list"].map((action) => ({ resource: "project", action }));
        const maker = { name: "maker", permissions: [{ kind: "system", namespace: "/", access }] };
        const { state } = await robots.create(await checked(robots, maker));
        const { login: harborUsername, secret: harborPassword } = state.values;
        const lesser = await site.plugin("HarborProject", { harborUsername, harborPassword });
        const limited = await checked(lesser, { name: "mirror", storageLimitBytes: 1_000_000 });
        const { id } = await lesser.create(limited);
        assert.deepEqual((await lesser.read(id, limited))?.values, limited);
    });

    it("projects with images stay unless they were told to go", async () => {
        const image = { digest: `sha256:${"a".repeat(64)}`, size: 1, blobs: [] };
        const inputs = await checked(projects, { name: "full" });
        const { id } = await projects.create(inputs);
        await site.harbor.push("full/deep/app", "1", image);
        await projects.delete(inputs, id);
        assert.notEqual(site.harbor.state.projects.get(Number(id)), undefined);
        await projects.delete({ ...inputs, deleteContents: true }, id);
        assert.equal(site.harbor.state.projects.get(Number(id)), undefined);
    });

    it("projects that cannot be are refused by key", async () => {
        const cases: [Properties, RegExp][] = [
            [{ name: "Mirror" }, /^name: allowed are/],
            [{ name: "library" }, /^name: is the name of another project/],
            [{ name: "p", storageLimitBytes: 0 }, /^storageLimitBytes: allowed are -1/],
            [{ name: "p", proxyEndpoint: "9" }, /^proxyEndpoint: is 9, and this Harbor has no endpoint/],
        ];
        for (const [given, expected] of cases) assert.match((await projects.check(given)).failures.join(), expected);
        const endpoints = projects.of("HarborEndpoint");
        const quay = await endpoints.create(await checked(endpoints, { name: "q", type: "quay", url: remote }));
        const { failures } = await projects.check({ name: "p", proxyEndpoint: quay.id });
        assert.match(failures.join(), /^proxyEndpoint: is a quay, which Harbor does not cache/);
    });

    it("robots get a secret of Harbor's, another one when asked for, and lose their login", async () => {
        const inputs = await checked(robots, { name: "nodes", permissions });
        const { id, state } = await robots.create(inputs);
        assert.ok(state.secrets.has("secret"));
        const { login, secret } = state.values as { login: string; secret: string };
        assert.equal(login, "robot$nodes");
        const fresh = await site.plugin("HarborRobot");
        assert.deepEqual((await fresh.read(id, state.values))?.values, state.values);
        assert.deepEqual(await fresh.diff(state.values, inputs), { changes: [], replaces: [] });
        const described = await checked(robots, { name: "nodes", permissions, description: "pulls" }, inputs);
        const same = (await robots.update(state.values, described, id)).values;
        assert.equal(same.secret, secret);
        const rotated = await checked(robots, { name: "nodes", permissions, generation: 2 }, inputs);
        const other = await robots.update(same, rotated, id);
        assert.notEqual(other.values.secret, secret);
        assert.ok(other.secrets.has("secret"));
        await robots.delete(other.values, id);
        assert.equal(await robots.read(id, other.values), undefined);
    });

    it("a robot that is imported gets a secret that is known", async () => {
        const inputs = await checked(robots, { name: "nodes", permissions });
        const { id } = await robots.create(inputs);
        const fresh = await site.plugin("HarborRobot");
        const imported = (await fresh.read(id))?.values ?? {};
        assert.deepEqual((await fresh.diff(imported, inputs)).changes, ["generation"]);
        const { values } = await fresh.update(imported, inputs, id);
        assert.equal(typeof values.secret, "string");
        assert.deepEqual((await fresh.diff((await fresh.read(id, values))?.values ?? {}, inputs)).changes, []);
    });

    it("robots that cannot be are refused by key", async () => {
        const one = (change: Properties): Properties => ({
            name: "r",
            permissions: [{ ...permissions[0], ...change }],
        });
        const cases: [Properties, RegExp][] = [
            [{ name: "R", permissions }, /^name: allowed are/],
            [{ name: "r", permissions: [] }, /^permissions: is empty/],
            [{ name: "r", permissions, durationDays: 0 }, /^durationDays: allowed are -1/],
            [one({ kind: "global" }), /^permissions\[0\].kind: allowed are/],
            [one({ namespace: "/" }), /^permissions\[0\].namespace: must be \//],
            [one({ access: [] }), /^permissions\[0\].access: is empty/],
        ];
        for (const [given, expected] of cases) assert.match((await robots.check(given)).failures.join(), expected);
        const wrong = one({ access: [{ resource: "nothing", action: "pull" }] });
        await assert.rejects(
            robots.create(await checked(robots, wrong)),
            /permissions: this Harbor does not grant one of them/,
        );
        assert.equal(site.harbor.state.robots.all().length, 0);
    });

    it("a robot whose answer is lost, or that is taken over, gets a secret that is known", async () => {
        site.harbor.faults.add({
            harm: { kind: "lost" },
            meets: ({ method, path }) => method === "POST" && path.endsWith("/robots"),
            times: 1,
        });
        const inputs = await checked(robots, { name: "nodes", permissions });
        const { state } = await robots.create(inputs);
        assert.equal(site.harbor.state.robots.all().length, 1);
        assert.equal(typeof state.values.secret, "string");
        const fresh = await site.plugin("HarborRobot");
        assert.match(
            (await fresh.check({ name: "nodes", permissions })).failures.join(),
            /^name: is the name of another robot/,
        );
        const adopted = await fresh.create(await checked(fresh, { name: "nodes", permissions, adopt: true }));
        assert.notEqual(adopted.state.values.secret, state.values.secret);
    });
});
