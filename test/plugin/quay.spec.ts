import assert from "node:assert/strict";

import type { Properties } from "../../plugin/properties.ts";
import { QuayServer } from "../quay/server.ts";
import { FakeApiServer } from "../support/fakeApiServer.ts";
import { PluginClient } from "../support/pluginClient.ts";

describe("what is in a Quay", () => {
    let quay: QuayServer;
    let plugin: PluginClient;

    beforeEach(async () => {
        quay = await QuayServer.start();
        quay.state.users.set("quayadmin", { password: "correct horse", email: "a@site.test" });
        plugin = await PluginClient.configured("QuayOrganization", {});
    });
    afterEach(async () => {
        plugin.stop();
        await quay.stop();
    });

    const checked = async (type: string, inputs: Properties): Promise<Properties> => {
        const connection = { url: quay.url, username: "quayadmin", password: "correct horse" };
        const { values, failures } = await plugin.of(type).check({ ...connection, ...inputs });
        assert.deepEqual(failures, []);
        return values;
    };
    const create = async (type: string, inputs: Properties): Promise<{ id: string; values: Properties }> => {
        const { id, state } = await plugin.of(type).create(await checked(type, inputs));
        return { id, values: state.values };
    };

    it("is made, found as it was made, and taken away", async () => {
        const org = await create("QuayOrganization", { name: "apps", email: "apps@site.test" });
        const team = await create("QuayTeam", { organization: "apps", name: "devs", role: "member" });
        const robot = await create("QuayRobot", { organization: "apps", name: "ci", defaultRole: "read" });
        assert.equal(robot.values.login, "apps+ci");
        assert.match(String(robot.values.token), /^robot-token-/);
        const permissions = [
            { kind: "robot", name: "ci", role: "write" },
            { kind: "team", name: "devs", role: "read" },
        ];
        const repository = await create("QuayRepository", { organization: "apps", name: "web", permissions });
        const made = { QuayOrganization: org, QuayTeam: team, QuayRobot: robot, QuayRepository: repository };
        for (const [type, { id, values }] of Object.entries(made)) {
            const found = (await plugin.of(type).read(id, values))?.values ?? {};
            assert.deepEqual((await plugin.of(type).diff(found, values)).changes, [], type);
        }
        assert.equal(quay.asked.filter((one) => one === "POST /api/v1/signin").length, 1);
        for (const type of Object.keys(made).reverse()) {
            const { id, values } = made[type as keyof typeof made];
            await plugin.of(type).delete(values, id);
            assert.equal(await plugin.of(type).read(id, values), undefined, type);
            await plugin.of(type).delete(values, id);
        }
        assert.equal(quay.state.organizations.size + quay.state.repositories.size, 0);
    });

    it("is taken over where it is there, and a robot keeps its token", async () => {
        await create("QuayOrganization", { name: "apps" });
        const first = await create("QuayRobot", { organization: "apps", name: "ci" });
        const again = await create("QuayRobot", { organization: "apps", name: "ci", defaultRole: "read" });
        assert.equal(again.values.token, first.values.token);
        assert.equal(quay.state.organizations.get("apps")?.prototypes[0]?.role, "read");
        await create("QuayOrganization", { name: "apps", email: "new@site.test" });
        assert.equal(quay.state.organizations.get("apps")?.email, "new@site.test");
    });

    it("follows changes of visibility, rights and defaults", async () => {
        await create("QuayOrganization", { name: "apps" });
        const robot = await create("QuayRobot", { organization: "apps", name: "ci", defaultRole: "read" });
        const inputs = { organization: "apps", name: "web" };
        const repository = await create("QuayRepository", inputs);
        assert.deepEqual([...quay.state.repository("apps/web").users], [["apps+ci", "read"]]);
        const changed = await checked("QuayRepository", {
            ...inputs,
            visibility: "public",
            description: "the web",
            permissions: [{ kind: "robot", name: "ci", role: "admin" }],
        });
        await plugin.of("QuayRepository").update(repository.values, changed, repository.id);
        const { isPublic, description, users } = quay.state.repository("apps/web");
        assert.deepEqual([isPublic, description, [...users]], [true, "the web", [["apps+ci", "admin"]]]);
        const none = await checked("QuayRepository", { ...inputs, visibility: "public", description: "the web" });
        await plugin.of("QuayRepository").update(changed, none, repository.id);
        assert.equal(users.size, 0);
        const without = await checked("QuayRobot", { organization: "apps", name: "ci" });
        await plugin.of("QuayRobot").update(robot.values, without, robot.id);
        assert.deepEqual(quay.state.organization("apps").prototypes, []);
    });

    it("stays where images are in it", async () => {
        const org = await create("QuayOrganization", { name: "apps" });
        const repository = await create("QuayRepository", { organization: "apps", name: "web" });
        quay.state.repository("apps/web").tags = { "1.0": {} };
        await plugin.of("QuayRepository").delete(repository.values, repository.id);
        await plugin.delete(org.values, org.id);
        assert.ok(quay.state.repositories.has("apps/web") && quay.state.organizations.has("apps"));
    });

    it("is refused by key, and a wrong password is tried once and never shown", async () => {
        const { failures } = await plugin.of("QuayTeam").check({ organization: "a", name: "b", role: "boss" });
        assert.match(failures.join("\n"), /url: is missing[^]*role: allowed are member, creator, admin/);
        const wrong = { url: quay.url, username: "quayadmin", password: "hunter2hunter2" };
        for (const name of ["one", "two"]) {
            await assert.rejects(plugin.create({ ...wrong, name }), (error: Error) => {
                assert.match(error.message, /does not accept the password of quayadmin: Invalid Username or Password/);
                assert.doesNotMatch(error.message, /hunter2/);
                return true;
            });
        }
        assert.equal(quay.asked.filter((one) => one === "POST /api/v1/signin").length, 1);
    });
});

describe("the first user of a Quay", () => {
    const secrets = "/api/v1/namespaces/quay/secrets";
    let quay: QuayServer;
    let cluster: FakeApiServer;
    let plugin: PluginClient;

    beforeEach(async () => {
        quay = await QuayServer.start();
        cluster = await FakeApiServer.start();
        cluster.addNamespace("quay");
        plugin = await PluginClient.start("QuayFirstUser", cluster.kubeconfig);
    });
    afterEach(async () => {
        plugin.stop();
        await cluster.stop();
        await quay.stop();
    });

    const inputs = async (config: string): Promise<Properties> => {
        const data = { "config.yaml": Buffer.from(config).toString("base64") };
        cluster.put(secrets, { metadata: { name: "q-config-bundle", namespace: "quay" }, data });
        const where = { namespace: "quay", registry: "q", bundle: "q-config-bundle", url: quay.url };
        const user = { username: "quayadmin", password: "correct-horse", email: "a@site.test" };
        const { values, failures } = await plugin.check({ ...where, ...user });
        assert.deepEqual(failures, []);
        return values;
    };

    it("is not made again where it is there with its password, and nothing is turned on for that", async () => {
        quay.state.users.set("quayadmin", { password: "correct-horse", email: "a@site.test" });
        const { state } = await plugin.create(await inputs("SUPER_USERS: [quayadmin]\n"));
        assert.equal(state.values.created, false);
        assert.ok(state.secrets.has("password"));
        assert.ok(!quay.asked.includes("POST /api/v1/user/initialize"));
        assert.ok(cluster.asked.every(({ method }) => method === "GET"));
    });

    it("is refused where the configuration gives it no rights", async () => {
        await assert.rejects(
            plugin.create(await inputs("SUPER_USERS: [somebody]\n")),
            /quayadmin is not in SUPER_USERS of the configuration/,
        );
        assert.deepEqual(quay.asked, []);
    });

    it("needs a password that Quay accepts", async () => {
        const { failures } = await plugin.check({ ...(await inputs("")), password: "hunter2" });
        assert.deepEqual(failures, ["password: must have 8 characters or more, and no spaces"]);
    });
});
