import assert from "node:assert/strict";

import { unknown, type Properties } from "../../plugin/properties.ts";
import { FakeApiServer } from "../support/fakeApiServer.ts";
import { PluginClient } from "../support/pluginClient.ts";

const pathOf = (namespace: string): string => `/api/v1/namespaces/${namespace}/secrets/pull`;
const given = {
    selector: { team: "yes" },
    excludedNamespaces: ["left-out"],
    allowNoMatch: false,
    secretName: "pull",
    owner: "site",
    dockerconfigjson: "hunter2",
    serviceAccounts: ["default"],
};

describe("pull secrets in labelled namespaces", () => {
    let fake: FakeApiServer;
    let plugin: PluginClient;

    beforeEach(async () => {
        fake = await FakeApiServer.start();
        for (const name of ["one", "two", "left-out"]) fake.addNamespace(name, { team: "yes" });
        fake.addNamespace("other");
        plugin = await PluginClient.start("NamespacePullSecrets", fake.kubeconfig);
    });
    afterEach(async () => {
        plugin.stop();
        await fake.stop();
    });

    const checked = async (change: Properties = {}, before?: Properties): Promise<Properties> => {
        const { values, failures } = await plugin.check({ ...given, ...change }, before);
        assert.deepEqual(failures, []);
        return values;
    };

    it("go where the labels are, and come back from everywhere", async () => {
        const inputs = await checked();
        assert.deepEqual(inputs.namespaces, ["one", "two"]);
        const { id, state } = await plugin.create(inputs);
        assert.equal(id, "site/pull");
        assert.ok(state.secrets.has("dockerconfigjson"));
        assert.deepEqual(fake.entries("one"), ["pull"]);
        assert.equal(fake.get(pathOf("left-out")), undefined);
        await plugin.delete(state.values);
        for (const namespace of ["one", "two"]) {
            assert.equal(fake.get(pathOf(namespace)), undefined);
            assert.deepEqual(fake.entries(namespace), []);
        }
    });

    it("cost one request where nothing changes, and one for each 500 namespaces", async () => {
        const inputs = await checked();
        fake.asked.splice(0);
        assert.deepEqual(await checked({}, inputs), inputs);
        assert.deepEqual(await plugin.diff(inputs, inputs), { changes: [], replaces: [] });
        assert.equal(fake.asked.length, 1);
        for (let index = 0; index < 600; index += 1) fake.addNamespace(`many-${index.toString()}`, { team: "yes" });
        fake.asked.splice(0);
        assert.equal(((await checked({}, inputs)).namespaces as string[]).length, 602);
        assert.equal(fake.asked.length, 2);
    });

    it("follow the labels, the credential and the ServiceAccounts", async () => {
        const before = (await plugin.create(await checked())).state.values;
        fake.addNamespace("three", { team: "yes" });
        fake.put("/api/v1/namespaces", { metadata: { name: "two" } });
        const inputs = await checked({ dockerconfigjson: "hunter3", serviceAccounts: [] }, before);
        assert.deepEqual((await plugin.diff(before, inputs)).changes.sort(), [
            "dockerconfigjson",
            "namespaces",
            "serviceAccounts",
        ]);
        await plugin.update(before, inputs);
        assert.equal(fake.get(pathOf("two")), undefined);
        assert.deepEqual([fake.entries("one"), fake.entries("two"), fake.entries("three")], [[], [], []]);
        for (const namespace of ["one", "three"]) {
            const { data } = fake.get(pathOf(namespace)) as unknown as { data: Record<string, string> };
            assert.equal(Buffer.from(data[".dockerconfigjson"] ?? "", "base64").toString(), "hunter3");
        }
        assert.deepEqual((await plugin.diff(before, { ...inputs, secretName: "else" })).replaces, ["secretName"]);
    });

    it("carry labels of the site's own, beside those that tell whose they are, and lose those it no longer wants", async () => {
        const labels = (): Record<string, string> => fake.get(pathOf("one"))?.metadata.labels ?? {};
        const before = (await plugin.create(await checked())).state.values;
        const plain = labels();
        const siteLabels = { category: "infra", "app.kubernetes.io/component": "mine" };
        const marked = await checked({ siteLabels }, before);
        assert.deepEqual((await plugin.diff(before, marked)).changes, ["siteLabels"]);
        await plugin.update(before, marked);
        assert.deepEqual(labels(), { ...plain, category: "infra" });
        const other = await checked({ siteLabels: { stage: "test" } }, marked);
        await plugin.update(marked, other);
        assert.deepEqual(labels(), { ...plain, stage: "test" });
        await plugin.update(other, await checked({}, other));
        assert.deepEqual(labels(), plain);
    });

    it("stop the run when the lookup fails, or finds nothing where something was", async () => {
        const before = await checked();
        fake.refuse = () => ({ status: 403, message: "namespaces is forbidden" });
        await assert.rejects(
            checked({}, before),
            /the namespaces with team=yes cannot be looked up, so nothing is changed: .*403: namespaces is forbidden/,
        );
        fake.refuse = () => undefined;
        const { failures } = await plugin.check({ ...given, selector: { team: "no" } }, before);
        assert.match(failures.join(), /^selector: no namespace carries team=no any more, and 2 did \(one, two\)/);
        assert.deepEqual((await checked({ selector: { team: "no" }, allowNoMatch: true }, before)).namespaces, []);
        // A first run knows of none, so none is no surprise.
        assert.deepEqual((await checked({ selector: { team: "no" } })).namespaces, []);
    });

    it("stop the run when the cluster does not answer", async () => {
        const gone = await PluginClient.start("NamespacePullSecrets", fake.kubeconfig.replace(/:\d+"/, ':1"'));
        await assert.rejects(gone.check(given), /cannot be looked up, so nothing is changed: .*ECONNREFUSED/);
        gone.stop();
        const nowhere = await PluginClient.start("NamespacePullSecrets", "hunter2: [");
        await assert.rejects(nowhere.check(given), (error: Error) => {
            assert.match(error.message, /the kubeconfig cannot be read/);
            assert.doesNotMatch(error.message, /hunter2/);
            return true;
        });
        nowhere.stop();
    });

    it("never overwrite a foreign Secret, and keep what was done besides", async () => {
        fake.put("/api/v1/namespaces/one/secrets", { metadata: { name: "pull", namespace: "one" }, data: { a: "b" } });
        const inputs = await checked();
        let left: ReturnType<typeof PluginClient.partial> | undefined;
        await plugin.create(inputs).catch((error: unknown) => (left = PluginClient.partial(error)));
        assert.match(
            left?.message ?? "",
            /one: the namespace one already has a Secret pull that this stack did not make/,
        );
        assert.doesNotMatch(left?.message ?? "", /hunter2/);
        assert.equal(left?.id, "site/pull");
        assert.deepEqual(left.state.values.namespaces, ["two"]);
        assert.ok(left.state.secrets.has("dockerconfigjson"));
        assert.deepEqual(fake.get(pathOf("one"))?.data, { a: "b" });
        // The next `up` goes on where this one stopped.
        fake.remove(pathOf("one"));
        assert.deepEqual((await plugin.diff(left.state.values, inputs)).changes, ["namespaces"]);
        await plugin.update(left.state.values, inputs);
        assert.notEqual(fake.get(pathOf("one")), undefined);
    });

    it("adopt what a killed run left behind", async () => {
        const inputs = await checked();
        await plugin.create(inputs);
        await plugin.create(inputs);
        await plugin.delete({ ...inputs, namespaces: [] });
        assert.equal(fake.get(pathOf("one")), undefined);
    });

    it("show at refresh where they are gone, changed or not handed out", async () => {
        for (const name of ["three", "four"]) fake.addNamespace(name, { team: "yes" });
        const { values } = (await plugin.create(await checked())).state;
        assert.deepEqual((await plugin.read("site/pull", values))?.values, values);
        fake.remove(pathOf("one"));
        const changed = fake.get(pathOf("two"));
        fake.put("/api/v1/namespaces/two/secrets", { ...changed, data: {} } as never);
        fake.put("/api/v1/namespaces/three/serviceaccounts", { metadata: { name: "default", namespace: "three" } });
        assert.deepEqual((await plugin.read("site/pull", values))?.values.namespaces, ["four"]);
    });

    it("are checked before anything is known of the credential", async () => {
        assert.deepEqual((await checked({ dockerconfigjson: unknown })).namespaces, ["one", "two"]);
        const { failures } = await plugin.check({ ...given, selector: {}, owner: "" });
        assert.deepEqual(
            failures.map((one) => one.split(":")[0]),
            ["owner", "selector"],
        );
    });
});

describe("pull secrets in named namespaces", () => {
    let fake: FakeApiServer;
    let plugin: PluginClient;
    const named = {
        namespaces: ["two", "one"],
        secretName: "pull",
        owner: "site",
        dockerconfigjson: "hunter2",
        serviceAccounts: ["default"],
    };

    beforeEach(async () => {
        fake = await FakeApiServer.start();
        for (const name of ["one", "two", "three"]) fake.addNamespace(name, { team: "yes" });
        plugin = await PluginClient.start("NamespacePullSecrets", fake.kubeconfig);
    });
    afterEach(async () => {
        plugin.stop();
        await fake.stop();
    });

    const checked = async (change: Properties = {}, before?: Properties): Promise<Properties> => {
        const { values, failures } = await plugin.check({ ...named, ...change }, before);
        assert.deepEqual(failures, []);
        return values;
    };

    it("are made, follow the list, and ask no cluster where nothing changes", async () => {
        const inputs = await checked();
        const { id, state } = await plugin.create(inputs);
        assert.equal(id, "site/pull/list");
        assert.deepEqual(state.values.namespaces, ["one", "two"]);
        assert.deepEqual((await plugin.read(id, state.values))?.values, state.values);
        fake.asked.splice(0);
        const same = await checked({ namespaces: ["one", "two"] }, inputs);
        assert.deepEqual(await plugin.diff(state.values, same), { changes: [], replaces: [] });
        assert.equal(fake.asked.length, 0);
        const other = await checked({ namespaces: ["three", "two"] }, inputs);
        assert.deepEqual((await plugin.diff(state.values, other)).changes, ["namespaces"]);
        await plugin.update(state.values, other);
        assert.deepEqual(
            ["one", "two", "three"].map((name) => fake.entries(name).join()),
            ["", "pull", "pull"],
        );
        assert.equal(fake.get(pathOf("one")), undefined);
        await plugin.delete(other);
        assert.equal(fake.get(pathOf("two")) ?? fake.get(pathOf("three")), undefined);
    });

    it("go over to a selection by labels and back, and neither takes the other's away", async () => {
        const list = await checked({ namespaces: ["one"] });
        await plugin.create(list);
        const labelled = { ...named, namespaces: undefined, selector: { team: "yes" }, excludedNamespaces: ["one"] };
        const selected = (await plugin.check(labelled)).values;
        assert.deepEqual(selected.namespaces, ["three", "two"]);
        await plugin.create(selected);
        const without = (await plugin.check({ ...labelled, excludedNamespaces: ["one", "two"] }, selected)).values;
        const longer = await checked({ namespaces: ["one", "two"] }, list);
        await plugin.update(list, longer);
        await plugin.update(selected, without);
        for (const name of ["one", "two", "three"]) assert.deepEqual(fake.entries(name), ["pull"], name);
        await plugin.delete(without);
        assert.deepEqual(
            ["one", "two", "three"].map((name) => fake.entries(name).join()),
            ["pull", "pull", ""],
        );
    });

    it("name what is missing, and keep what was done besides", async () => {
        let left: ReturnType<typeof PluginClient.partial> | undefined;
        await plugin
            .create(await checked({ namespaces: ["one", "nowhere"] }))
            .catch((error: unknown) => (left = PluginClient.partial(error)));
        assert.match(
            left?.message ?? "",
            /nowhere: there is no such namespace: make it, or take it out of registry\.pull/,
        );
        assert.deepEqual(left?.state.values.namespaces, ["one"]);
    });

    it("are refused by key where they are none, or a selector is there as well", async () => {
        for (const namespaces of [undefined, "one", [1], [""]]) {
            const { failures } = await plugin.check({ ...named, namespaces });
            assert.match(failures.join(), /^namespaces: is no list of names/);
        }
        const { failures } = await plugin.check({ ...named, selector: { team: "yes" } });
        assert.match(failures.join(), /^namespaces: are named, and a selector is given: leave one of the two out/);
    });
});

describe("what the copier leaves", () => {
    it("is taken away by its trail, and nothing else is", async () => {
        const fake = await FakeApiServer.start();
        const keeper = (name: string) => ({ "siteregistry.dev/owner": "site", "siteregistry.dev/keeper": name });
        const annotations = { "siteregistry.dev/service-accounts": "default,builder" };
        for (const [namespace, labels] of Object.entries({
            ours: keeper("copier"),
            selected: keeper("selection"),
            foreign: {},
        })) {
            fake.addNamespace(namespace);
            fake.put(`/api/v1/namespaces/${namespace}/secrets`, {
                metadata: { name: "pull", namespace, labels, annotations },
            });
            fake.put(`/api/v1/namespaces/${namespace}/serviceaccounts`, {
                metadata: { name: "default", namespace },
                imagePullSecrets: [{ name: "theirs" }, { name: "pull" }],
            });
        }
        const plugin = await PluginClient.start("CopiedPullSecrets", fake.kubeconfig);
        const trail = { owner: "site", secretName: "pull" };
        await plugin.delete({ ...trail, serviceAccount: "default" });
        assert.deepEqual(fake.entries("ours"), ["theirs"]);
        const { metadata } = fake.get(pathOf("ours")) ?? {};
        assert.equal(metadata?.annotations?.["siteregistry.dev/service-accounts"], "builder");
        await plugin.delete(trail);
        assert.equal(fake.get(pathOf("ours")), undefined);
        for (const namespace of ["selected", "foreign"]) {
            assert.notEqual(fake.get(pathOf(namespace)), undefined);
            assert.deepEqual(fake.entries(namespace), ["theirs", "pull"]);
        }
        plugin.stop();
        await fake.stop();
    });
});

describe("one entry in one ServiceAccount", () => {
    it("is made once the account is there, told of by its id, and gone when it is gone", async () => {
        const fake = await FakeApiServer.start();
        const plugin = await PluginClient.start("ServiceAccountPullSecret", fake.kubeconfig);
        const entry = { namespace: "late", serviceAccount: "default", secretName: "pull" };
        setTimeout(() => {
            fake.addNamespace("late");
        }, 300);
        const { id, state } = await plugin.create(entry);
        assert.equal(id, "late/default/pull");
        assert.deepEqual((await plugin.read(id))?.values, entry);
        await plugin.delete(state.values);
        assert.equal(await plugin.read(id, entry), undefined);
        await plugin.delete(state.values);
        await assert.rejects(plugin.read("late/default"), /it is <namespace>\/<service account>\/<name of the secret>/);
        assert.match((await plugin.check({ ...entry, namespace: "" })).failures.join(), /^namespace: is missing/);
        plugin.stop();
        await fake.stop();
    });

    it("ends its wait when the run is cancelled", async () => {
        const fake = await FakeApiServer.start();
        const plugin = await PluginClient.start("ServiceAccountPullSecret", fake.kubeconfig);
        const waiting = plugin.create({ namespace: "never", serviceAccount: "default", secretName: "pull" });
        setTimeout(() => void plugin.cancel(), 300);
        await assert.rejects(waiting, /abort/i);
        plugin.stop();
        await fake.stop();
    });
});
