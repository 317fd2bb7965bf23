import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import { permissionsOf } from "../../components/harbor/permissions.ts";
import { Harbor } from "../../plugin/harbor/harbor.ts";
import type { Properties } from "../../plugin/properties.ts";
import { harborRule } from "../../plugin/resources/harborRule.ts";
import type { Session } from "../../plugin/resource.ts";
import { HandClock } from "../harbor/clock.ts";
import type { Options } from "../harbor/options.ts";
import type { Image } from "../harbor/outside.ts";
import { HarborSite } from "../support/harborSite.ts";
import type { PluginClient } from "../support/pluginClient.ts";

const remote = "http://remote.test:5000";
const other = "http://other.test:5000";
/** Those of Harbor's habits that no other test is about. docs/harbor-traps.md lists all of them. */
describe("Harbor's habits", () => {
    let site: HarborSite;
    let endpoints: PluginClient;

    const begin = async (options: Options = {}, images = ["org/app:1", "org/tool:2"]): Promise<void> => {
        site = await HarborSite.start(options);
        for (const url of [remote, other]) site.registry(url, images);
        endpoints = await site.plugin("HarborEndpoint");
    };
    afterEach(async () => {
        assert.deepEqual(site.harbor.problems, []);
        await site.stop();
    });

    const made = async (
        plugin: PluginClient,
        given: Properties,
    ): Promise<{ id: string; inputs: Properties; values: Properties }> => {
        const { values: inputs, failures } = await plugin.check(given);
        assert.deepEqual(failures, []);
        const { id, state } = await plugin.create(inputs);
        return { id, inputs, values: state.values };
    };
    const endpoint = (change: Properties = {}) =>
        made(endpoints, { name: "remote", type: "docker-registry", url: remote, ...change });
    const rule = (end: string, change: Properties = {}) =>
        made(endpoints.of("HarborRule"), {
            ...{ name: "rule", mode: "pull", endpoint: end, destinationNamespace: "mirror" },
            ...change,
        });

    it("deletions are asked for by the name that Harbor reads, and seen under either", async () => {
        await begin();
        site.registry(other, [], { harbor: true });
        const end = await endpoint({ type: "harbor", url: other });
        const events = { mode: "push", trigger: "event_based", deletion: true };
        const { id, inputs } = await rule(end.id, events);
        assert.equal(site.harbor.state.policies.get(Number(id))?.deletion, true);
        const fresh = await site.plugin("HarborRule");
        const found = (await fresh.read(id, inputs))?.values ?? {};
        assert.deepEqual(found, inputs);
        // Both sides are in the answer, its own with the number 0.
        assert.equal(found.endpoint, end.id);
    });

    it("what nobody says is said all the same: Harbor's own defaults are others", async () => {
        await begin();
        const { id } = await rule((await endpoint()).id);
        const { enabled, override, replaceCount } = site.harbor.state.policies.get(Number(id)) ?? {};
        assert.deepEqual({ enabled, override, replaceCount }, { enabled: true, override: true, replaceCount: 1 });
    });

    it("an endpoint that is down cannot be changed, but goes", async () => {
        await begin();
        const { id, inputs } = await endpoint();
        site.registry(remote, [], { manner: "down" });
        const described = { ...inputs, description: "new" };
        await assert.rejects(
            endpoints.update(inputs, described, id),
            /the registry is unhealthy.*Harbor asks http:\/\/remote.test:5000 .* before it saves the endpoint/,
        );
        await endpoints.delete(inputs, id);
        assert.equal(site.harbor.state.registries.all().length, 0);
    });

    it("schedules that Harbor refuses are refused by key", async () => {
        await begin();
        const end = await endpoint();
        const cases: [string, RegExp][] = [
            ["30 2 * * *", /^cron: must have six fields/],
            ["@daily", /^cron: must have six fields/],
            ["30 30 2 * * *", /^cron: must begin with 0, the seconds, .* in UTC/],
            ["00 30 2 * * *", /^cron: must begin with 0/],
            ["0 * 2 * * *", /^cron: must not run every minute/],
            ["0 30 25 * * *", /^cron: has a hours of "25"/],
            ["0 30 2 L * *", /^cron: has a day of the month of "L"/],
            ["0 30 2 * * 7", /^cron: has a day of the week of "7"/],
            ["0 0 0 31 2 *", /^cron: names a day that never comes/],
        ];
        for (const [cron, expected] of cases) {
            const given = {
                name: "r",
                mode: "pull",
                endpoint: end.id,
                destinationNamespace: "m",
                trigger: "scheduled",
            };
            const { failures } = await endpoints.of("HarborRule").check({ ...given, cron });
            assert.match(failures.join("\n"), expected, cron);
        }
    });

    it("a rule goes although its last run, which is over, seems to run for half a minute", async () => {
        await begin({ refreshMs: 3_600_000 });
        const { id, inputs } = await rule((await endpoint()).id);
        await made(endpoints.of("HarborRun"), { rule: id, wait: false });
        const tasks = () => site.harbor.state.tasks.all();
        while (tasks().length < 2 || tasks().some(({ status }) => status !== "Succeed")) await sleep(2);
        const [run] = site.harbor.state.executions.all();
        assert.equal(run?.status, "InProgress");
        const gone = endpoints.of("HarborRule").delete(inputs, id);
        const refused = () => site.harbor.asked.some(({ method, status }) => method === "DELETE" && status === 412);
        while (!refused()) await sleep(2);
        // Harbor's half minute is over.
        run.status = "Succeed";
        await gone;
        assert.equal(site.harbor.state.policies.all().length, 0);
    });

    it("the tasks of a run fill more than one page of ten", async () => {
        const names = Array.from({ length: 25 }, (_, index) => `org/app-${index.toString().padStart(2, "0")}`);
        await begin(
            {},
            names.map((name) => `${name}:1`),
        );
        const { id } = await rule((await endpoint()).id);
        const { values } = await made(endpoints.of("HarborRun"), { rule: id });
        assert.deepEqual(
            values.repositories,
            names.map((name) => name.replace("org/", "mirror/")),
        );
    });

    it("a name is found by comparing, not by Harbor's search, which takes a part of it", async () => {
        await begin();
        await endpoint({ name: "remote-2" });
        await endpoint({ name: "Remote" });
        await endpoint({ name: "remote", adopt: true });
        const names = site.harbor.state.registries.all().map(({ name }) => name);
        assert.deepEqual(names, ["remote-2", "Remote", "remote"]);
    });

    it("a filter of resources is kept, and said to select nothing", async () => {
        await begin();
        const end = await endpoint();
        const warnings: string[] = [];
        const login = { url: site.harbor.url, username: "admin", password: "Harbor12345" };
        const harbor = new Harbor(login, new AbortController().signal);
        const session = { harbor: () => harbor, warn: (text: string) => warnings.push(text) } as unknown as Session;
        const given = { name: "r", mode: "pull", endpoint: end.id, destinationNamespace: "m" };
        const filters = [{ type: "resource", value: "image" }];
        const { failures } = await harborRule.check({ ...given, filters }, undefined, session);
        assert.deepEqual(failures, []);
        assert.deepEqual(warnings, ["a filter of the type resource is kept by Harbor 2.15 but selects nothing"]);
    });

    it("a fault whose cause Harbor hides is told with what was tried, and the id that its log has", async () => {
        await begin();
        const given = { name: "dead", type: "harbor", url: "http://nobody.test", insecure: false, description: "" };
        await assert.rejects(
            endpoints.create(given),
            /POST \/registries with 500: internal server error \(request [0-9a-f-]{36}\)\. Harbor asks http:\/\/nobody.test/,
        );
    });

    it("a robot is enough, and is never asked about itself, which Harbor refuses it or answers with nothing", async () => {
        await begin();
        const robots = endpoints.of("HarborRobot");
        const permissions = permissionsOf({ name: "deployer", role: "administerReplication" });
        const { login, secret } = (await made(robots, { name: "deployer", permissions })).values as Record<
            "login" | "secret",
            string
        >;
        const headers = { authorization: `Basic ${Buffer.from(`${login}:${secret}`).toString("base64")}` };
        const asked = async (path: string) => fetch(`${site.harbor.url}/api/v2.0/users/current${path}`, { headers });
        assert.equal((await asked("")).status, 412);
        assert.deepEqual(await (await asked("/permissions?scope=/system")).json(), []);
        site.harbor.asked.splice(0);

        endpoints = await site.plugin("HarborEndpoint", { harborUsername: login, harborPassword: secret });
        await made(endpoints.of("HarborProject"), { name: "mirror" });
        const end = await endpoint();
        const { id, inputs } = await rule(end.id);
        const { values } = await made(endpoints.of("HarborRun"), { rule: id });
        assert.equal(values.status, "Succeed");
        await endpoints.of("HarborRule").delete(inputs, id);
        await endpoints.delete(end.inputs, end.id);
        const paths = site.harbor.asked.map(({ path, status }) => `${path} ${status.toString()}`);
        assert.deepEqual(
            paths.filter((path) => /\/users\/| 401$/.test(path)),
            [],
        );
    });

    it("a robot without a permission is told which", async () => {
        await begin();
        const permissions = [{ kind: "system", namespace: "/", access: [{ resource: "registry", action: "list" }] }];
        const { values } = await made(endpoints.of("HarborRobot"), { name: "poor", permissions });
        const { login, secret } = values as Record<"login" | "secret", string>;
        const poor = await site.plugin("HarborEndpoint", { harborUsername: login, harborPassword: secret });
        const given = { name: "e", type: "docker-registry", url: remote };
        await assert.rejects(poor.create((await poor.check(given)).values), /with 403: robot\$poor/);
        assert.equal(site.harbor.state.registries.all().length, 0);
    });

    it("a Harbor that offers no kind of registry, or not this one, takes it all the same", async () => {
        await begin({ offeredTypes: [] });
        const { id, inputs } = await endpoint({ type: "quay" });
        assert.deepEqual((await endpoints.read(id, inputs))?.values, inputs);
    });

    it("a new URL does not cost the endpoint its secret, which Harbor 2.16 would take away", async () => {
        await begin({ version: "2.16.0" });
        for (const url of [remote, other]) site.registry(url, [], { manner: "closed", login: ["me", "hunter2"] });
        const { id, inputs } = await endpoint({ accessKey: "me", accessSecret: "hunter2" });
        const moved = { ...inputs, url: other };
        assert.deepEqual((await endpoints.update(inputs, moved, id)).values, moved);
        const { url, credential } = site.harbor.state.registries.get(Number(id)) ?? {};
        assert.deepEqual([url, credential?.secret], [other, "hunter2"]);
        // The stand-in is as 2.16 is: whoever names the URL alone loses the secret, and here the endpoint with it.
        const basic = `Basic ${Buffer.from("admin:Harbor12345").toString("base64")}`;
        const answer = await fetch(`${site.harbor.url}/api/v2.0/registries/${id}`, {
            method: "PUT",
            headers: { authorization: basic, "content-type": "application/json" },
            body: JSON.stringify({ url: remote }),
        });
        assert.equal(answer.status, 400);
    });

    it("the speed of a rule, which may be -1 for any, spares the first megabyte of each layer", async () => {
        await begin({}, []);
        const layered = (size: number, mark: string): Map<string, Image> => {
            const [digest, blob] = [`sha256:${mark.repeat(64)}`, `sha256:${mark.repeat(63)}f`];
            return new Map([["1", { digest, size, blobs: [{ digest: blob, size }] }]]);
        };
        const { content } = site.outside.registries.get(remote) ?? {};
        content?.set("org/small", layered(1_000_000, "1")).set("org/large", layered(2_000_000, "2"));
        const { id, inputs } = await rule((await endpoint()).id, { speed: 1 });
        await made(endpoints.of("HarborRun"), { rule: id, wait: false });
        const states = () => site.harbor.state.tasks.all().map(({ source, status }) => [source.split(" ")[0], status]);
        while (!states().some(([, status]) => status === "Succeed")) await sleep(5);
        await sleep(100);
        // At one Kbit/s the rest of the large one takes two hours.
        assert.deepEqual(states().sort(), [
            ["org/large", "InProgress"],
            ["org/small", "Succeed"],
        ]);
        const { values } = await endpoints.of("HarborRule").check({ ...inputs, speed: -1 }, inputs);
        assert.equal(values.speed, 0);
    });

    it("a login that was forgotten is missed by the run alone, which says so", async () => {
        await begin();
        site.registry(remote, ["org/app:1"], { manner: "closed", login: ["me", "hunter2"] });
        const { id } = await rule((await endpoint()).id);
        await assert.rejects(
            made(endpoints.of("HarborRun"), { rule: id }),
            /failed before anything was copied: .*401.*authentication required/,
        );
    });

    it("a failed run that Harbor tries again by itself holds up neither its rule nor its endpoint", async () => {
        const clock = new HandClock(Date.now());
        const pace = () => ({ found: 500, work: () => 2_000, retries: [16_000, 31_000] });
        await begin({ clock, pace, refreshMs: 5_000 });
        const registry = site.outside.registries.get(remote);
        const blob = registry?.content.get("org/tool")?.get("2")?.blobs[0]?.digest ?? "";
        registry?.broken.add(blob);
        const end = await endpoint();
        const { id, inputs } = await rule(end.id);
        const failing = assert.rejects(
            made(endpoints.of("HarborRun"), { rule: id, retryGraceSeconds: 0 }),
            /1 of 2 repositories were not copied/,
        );
        const status = () => site.harbor.state.executions.all()[0]?.status;
        while (status() !== "Failed") {
            await clock.advance(clock.now() + 500);
            await sleep(2);
        }
        await failing;
        await endpoints.of("HarborRule").delete(inputs, id);
        await endpoints.delete(end.inputs, end.id);
        registry?.broken.delete(blob);
        // Nothing can stop that: the job has both ends and their logins with it.
        const arrived = () => site.outside.registries.get(site.harbor.url)?.content.has("mirror/tool") === true;
        assert.ok(!arrived());
        await clock.advance(clock.now() + 60_000);
        assert.ok(arrived());
        assert.equal(site.harbor.state.policies.all().length, 0);
    });
});
