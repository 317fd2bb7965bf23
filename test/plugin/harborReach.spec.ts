import assert from "node:assert/strict";

import type { Properties } from "../../plugin/properties.ts";
import type { Harm } from "../harbor/faults.ts";
import { HarborSite } from "../support/harborSite.ts";
import { PluginClient } from "../support/pluginClient.ts";

const remote = "http://remote.test:5000";
const given = { name: "remote", type: "docker-registry", url: remote };

describe("a Harbor that is hard to reach", () => {
    let site: HarborSite;
    let plugin: PluginClient;

    beforeEach(async () => {
        site = await HarborSite.start();
        site.registry(remote);
        plugin = await site.plugin("HarborEndpoint");
    });
    afterEach(() => site.stop());

    const inputs = async (change: Properties = {}): Promise<Properties> => {
        const { values, failures } = await plugin.check({ ...given, ...change });
        assert.deepEqual(failures, []);
        return values;
    };
    const harm = (one: Harm, method: string, times = 2): void => {
        site.harbor.faults.add({
            harm: one,
            meets: (request) => request.method === method && request.path.includes("/registries"),
            times,
        });
    };

    it("gets its objects once, whatever becomes of an answer", async () => {
        const harms: Harm[] = [
            { kind: "answer", status: 503 },
            { kind: "answer", status: 502 },
            { kind: "answer", status: 429, retryAfter: 0.01 },
            { kind: "reset" },
            { kind: "lost" },
            { kind: "slow", ms: 50 },
        ];
        for (const [index, one] of harms.entries()) {
            for (const method of ["GET", "POST", "PUT", "DELETE"]) harm(one, method);
            const values = await inputs({ name: `e${index.toString()}` });
            const { id, state } = await plugin.create(values);
            assert.equal(site.harbor.state.registries.all().length, 1, JSON.stringify(one));
            await plugin.update(values, { ...values, description: "new" }, id);
            assert.equal(site.harbor.state.registries.get(Number(id))?.description, "new");
            await plugin.delete(state.values, id);
            assert.equal(site.harbor.state.registries.all().length, 0);
            site.harbor.faults.clear();
        }
    });

    it("is asked again where an answer is cut off", async () => {
        const { id, state } = await plugin.create(await inputs());
        const fresh = await site.plugin("HarborEndpoint");
        harm({ kind: "cut" }, "GET");
        assert.deepEqual((await fresh.read(id, state.values))?.values, state.values);
    });

    it("may restart meanwhile", async () => {
        const values = await inputs();
        site.harbor.restart(40);
        const { id } = await plugin.create(values);
        assert.notEqual(site.harbor.state.registries.get(Number(id)), undefined);
    });

    it("is given up in the end, by its address", async () => {
        harm({ kind: "answer", status: 503 }, "GET", 1000);
        const fresh = await site.plugin("HarborEndpoint");
        await assert.rejects(fresh.read("1", given), /Harbor answers GET \/registries with 503/);
        const gone = await site.plugin("HarborEndpoint", { harborUrl: "http://127.0.0.1:1" });
        await assert.rejects(gone.check(given), /Harbor at http:\/\/127.0.0.1:\d+ cannot be reached: .*ECONNREFUSED/);
    });

    it("does not lock a name out whose password is wrong", async () => {
        const wrong = await site.plugin("HarborEndpoint", { harborPassword: "hunter2" });
        const tries = Array.from({ length: 30 }, (_, index) => wrong.check({ ...given, name: `e${index.toString()}` }));
        const results = await Promise.allSettled(tries);
        for (const result of results) {
            assert.equal(result.status, "rejected");
            const { message } = result.reason as Error;
            assert.match(
                message,
                /does not accept the login of admin: check harbor.username and harborCredentials.admin/,
            );
            assert.doesNotMatch(message, /hunter2/);
        }
        assert.equal(site.harbor.asked.length, 2);
    });

    it("waits out a lock that somebody else's wrong password made", async () => {
        const values = await inputs();
        const basic = Buffer.from("admin:wrong").toString("base64");
        const bad = fetch(`${site.harbor.url}/api/v2.0/projects`, { headers: { authorization: `Basic ${basic}` } });
        await new Promise((resolve) => setTimeout(resolve, 10));
        const { id } = await plugin.create(values);
        assert.equal(id, "1");
        await bad;
    });

    it("that is read-only says so, and nothing is half-made", async () => {
        const values = await inputs();
        site.harbor.state.settings.read_only = true;
        await assert.rejects(plugin.create(values), /The system is in read only mode/);
        assert.equal(site.harbor.state.registries.all().length, 0);
    });

    it("keeps at most twenty requests in flight", async () => {
        const values = await inputs();
        harm({ kind: "slow", ms: 30 }, "POST", 1000);
        const names = Array.from({ length: 80 }, (_, index) => `e${index.toString()}`);
        await Promise.all(names.map((name) => plugin.create({ ...values, name })));
        assert.equal(site.harbor.state.registries.all().length, 80);
        assert.ok(site.harbor.mostAtOnce <= 20, site.harbor.mostAtOnce.toString());
        assert.ok(site.harbor.mostAtOnce > 5);
    });

    it("never gets a cookie back", async () => {
        const values = await inputs();
        const { id } = await plugin.create(values);
        await plugin.update(values, values, id);
        assert.ok(site.harbor.asked.every(({ status }) => status !== 403));
    });

    it("is told of by key where the provider's own settings are wrong", async () => {
        const failures = await plugin.checkConfig({
            harborUrl: "harbor.site.test",
            harborInsecure: "true",
            harborCaBundle: "x",
            harborUser: "admin",
        });
        assert.deepEqual(
            failures.map((one) => one.split(":")[0]),
            ["harborUser", "harborUrl", "harborUsername", "harborInsecure"],
        );
    });
});
