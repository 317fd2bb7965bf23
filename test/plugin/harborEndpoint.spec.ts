import assert from "node:assert/strict";

import type { Properties } from "../../plugin/properties.ts";
import { exampleCa } from "../support/exampleCa.ts";
import { HarborSite } from "../support/harborSite.ts";
import { PluginClient } from "../support/pluginClient.ts";

const remote = "http://remote.test:5000";
const given = { name: "remote", type: "docker-registry", url: remote };

describe("endpoints of Harbor", () => {
    let site: HarborSite;
    let plugin: PluginClient;

    beforeEach(async () => {
        site = await HarborSite.start();
        site.registry(remote);
        plugin = await site.plugin("HarborEndpoint");
    });
    afterEach(async () => {
        assert.deepEqual(site.harbor.problems, []);
        await site.stop();
    });

    const checked = async (change: Properties = {}, before?: Properties): Promise<Properties> => {
        const { values, failures } = await plugin.check({ ...given, ...change }, before);
        assert.deepEqual(failures, []);
        return values;
    };
    const refused = async (change: Properties): Promise<string> =>
        (await plugin.check({ ...given, ...change })).failures.join("\n");

    it("are made, found as they were made, changed and removed", async () => {
        const inputs = await checked({ url: `${remote}//`, description: "one" });
        assert.equal(inputs.url, remote);
        const { id, state } = await plugin.create(inputs);
        assert.deepEqual(state.values, inputs);
        assert.deepEqual((await plugin.read(id, state.values))?.values, inputs);
        assert.deepEqual(await plugin.diff(state.values, inputs), { changes: [], replaces: [] });
        const changed = await checked({ name: "other", insecure: true }, inputs);
        assert.deepEqual((await plugin.update(inputs, changed, id)).values, changed);
        assert.deepEqual((await plugin.read(id, inputs))?.values, changed);
        await plugin.delete(changed, id);
        assert.equal(await plugin.read(id, inputs), undefined);
        await plugin.delete(changed, id);
    });

    it("are read by listing, whatever their number, and imported by theirs", async () => {
        const made: { id: string; values: Properties }[] = [];
        for (let index = 0; index < 25; index += 1) {
            const { id, state } = await plugin.create(await checked({ name: `remote-${index.toString()}` }));
            made.push({ id, values: state.values });
        }
        const fresh = await site.plugin("HarborEndpoint");
        site.taken();
        for (const { id, values } of made) assert.deepEqual((await fresh.read(id, values))?.values, values);
        assert.deepEqual(site.taken(), ["GET /registries"]);
        assert.deepEqual((await fresh.read(made[7]?.id ?? ""))?.values, made[7]?.values);
        await assert.rejects(fresh.read("remote"), /it is the number that Harbor gives the endpoint/);
    });

    it("keep their secret, notice another one, and one that was taken away", async () => {
        site.registry(remote, [], { manner: "closed", login: ["me", "first"] });
        const inputs = await checked({ accessKey: "me", accessSecret: "first" });
        const { id, state } = await plugin.create(inputs);
        assert.ok(state.secrets.has("accessSecret"));
        assert.deepEqual(state.values, inputs);
        site.registry(remote, [], { manner: "closed", login: ["me", "second"] });
        const rotated = await checked({ accessKey: "me", accessSecret: "second" }, inputs);
        assert.deepEqual((await plugin.diff(inputs, rotated)).changes, ["accessSecret"]);
        await plugin.update(inputs, rotated, id);
        assert.equal(site.harbor.state.registries.all()[0]?.credential?.secret, "second");
        // Somebody takes the login away in Harbor, and it comes back.
        site.registry(remote);
        const server = site.harbor.state.registries.get(Number(id));
        assert.ok(server !== undefined);
        site.harbor.state.registries.put({ ...server, credential: undefined } as never);
        const fresh = await site.plugin("HarborEndpoint");
        const drifted = (await fresh.read(id, rotated))?.values ?? {};
        assert.deepEqual((await fresh.diff(drifted, rotated)).changes.sort(), [
            "accessKey",
            "accessSecret",
            "credentialType",
        ]);
        const anonymous = await checked({}, rotated);
        await plugin.update(rotated, anonymous, id);
        assert.equal(site.harbor.state.registries.get(Number(id))?.credential, undefined);
    });

    it("take over another one's only when told, and only of the same type", async () => {
        const { id } = await plugin.create(await checked({ description: "old" }));
        const fresh = await site.plugin("HarborEndpoint");
        assert.match(
            (await fresh.check(given)).failures.join(),
            /^name: is the name of another endpoint of this Harbor \(its id is 1\)/,
        );
        await assert.rejects(plugin.create({ ...given, insecure: false }), /name: is the name of another endpoint/);
        const inputs = (await fresh.check({ ...given, adopt: true })).values;
        const adopted = await fresh.create(inputs);
        assert.equal(adopted.id, id);
        assert.equal(adopted.state.values.description, "");
        assert.deepEqual(await fresh.diff(inputs, { ...inputs, adopt: false }), { changes: [], replaces: [] });
        const other = (await fresh.check({ ...given, type: "harbor", adopt: true })).values;
        await assert.rejects(
            fresh.create(other),
            /is there as docker-registry, and the type of an endpoint cannot be changed/,
        );
        assert.deepEqual((await fresh.diff(inputs, { ...inputs, type: "harbor" })).replaces, ["type"]);
    });

    it("are refused by key where Harbor would refuse, drop or change something", async () => {
        const cases: [Properties, RegExp][] = [
            [{ name: "n".repeat(65) }, /^name: is too long: at most 64/],
            [{ name: "" }, /^name: is missing/],
            [{ type: "helm-hub" }, /^type: allowed are harbor, docker-hub/],
            [{ url: "remote.test" }, /^url: must begin with https:/],
            [{ url: "ftp://remote.test" }, /^url: must begin with https:/],
            [{ url: "https://me:hunter2@remote.test" }, /^url: holds a user or password/],
            [{ url: "https://remote.test/?a=b" }, /^url: has a query or a fragment/],
            [{ url: `https://${"r".repeat(249)}` }, /^url: is 257 characters long/],
            [{ type: "docker-hub" }, /^url: of Docker Hub is always https:\/\/hub.docker.com/],
            [{ accessSecret: "hunter2" }, /^accessSecret: needs an accessKey/],
            [{ accessKey: "me", accessSecret: "*****" }, /^accessSecret: is what Harbor shows/],
            [{ accessKey: "k".repeat(256) }, /^accessKey: is too long/],
            [{ accessKey: "me", accessSecret: "s".repeat(3001) }, /^accessSecret: is too long/],
            [{ accessKey: "me", credentialType: "secret" }, /^credentialType: allowed are basic, oauth/],
            [{ caBundle: "none" }, /^caBundle: holds no certificate/],
            [
                { caBundle: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" },
                /^caBundle: .*cannot be read/,
            ],
            [{ caBundle: exampleCa, insecure: true }, /^insecure: contradicts caBundle/],
        ];
        for (const [change, expected] of cases) {
            const text = await refused(change);
            assert.match(text, expected);
            assert.doesNotMatch(text, /hunter2/);
        }
        assert.deepEqual(site.taken(), []);
    });

    it("say what Harbor may have met where it only says no", async () => {
        const inputs = await checked({ url: "http://nobody.test" });
        await assert.rejects(
            plugin.create(inputs),
            /the registry is unhealthy.*Harbor asks http:\/\/nobody.test .*without a login/,
        );
        assert.equal(site.harbor.state.registries.all().length, 0);
    });

    it("with roots are refused by a Harbor that would drop them", async () => {
        const old = await HarborSite.start({ version: "2.14.0", validate: false });
        const before = await old.plugin("HarborEndpoint");
        const { failures } = await before.check({ ...given, caBundle: exampleCa });
        assert.match(failures.join(), /^caBundle: needs Harbor 2.15, and this one is v2.14.0/);
        await old.stop();
    });

    it("that are in use stay, and the error says why", async () => {
        const { id, state } = await plugin.create(await checked());
        const rules = plugin.of("HarborRule");
        const rule = await rules.check({ name: "r", mode: "pull", endpoint: id, destinationNamespace: "library" });
        const made = await rules.create(rule.values);
        await assert.rejects(
            plugin.delete(state.values, id),
            /the endpoint is still in use .*referenced by replication policies/,
        );
        await rules.delete(made.state.values, made.id);
        await plugin.delete(state.values, id);
    });
});
