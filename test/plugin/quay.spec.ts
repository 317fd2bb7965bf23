import assert from "node:assert/strict";

import type { Properties } from "../../plugin/properties.ts";
import { QuayServer } from "../quay/server.ts";
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
