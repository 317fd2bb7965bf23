import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Stack } from "../../lab/site/stack.ts";
import { RealOutside } from "../harbor/realOutside.ts";
import { HarborServer } from "../harbor/server.ts";
import { OneImage, RealRegistry, registryBinary, skopeoOfTheLab } from "../support/realRegistry.ts";

/** What the stand-in begins with, as a real Harbor does. */
const password = "Harbor12345";

describe("a stack about a Harbor, with the engine and two real registries", () => {
    let folder: string;
    let source: RealRegistry;
    let own: RealRegistry;
    let harbor: HarborServer;
    let stack: Stack;

    before(async () => {
        folder = mkdtempSync(join(tmpdir(), "harbor-e2e-"));
        const skopeo = skopeoOfTheLab();
        const binary = await registryBinary();
        source = await RealRegistry.start(binary, join(folder, "source"));
        own = await RealRegistry.start(binary, join(folder, "own"));
        const image = new OneImage(join(folder, "layout"), skopeo);
        for (const name of ["team/app:1.0", "team/app:old", "team/deep/tool:2.0"])
            await image.push(`${source.host}/${name}`);
        harbor = await HarborServer.start({
            outside: new RealOutside(skopeo),
            local: { url: own.url },
            refreshMs: 500,
        });
        stack = new Stack("casd", join(folder, "site"), "", "harbor-e2e");
        await stack.prepare();
        settings();
        await succeed(["config", "set", "--secret", "--path", "siteregistry:harborCredentials.admin", password]);
    });

    after(async () => {
        await harbor.close();
        source.stop();
        own.stop();
        rmSync(folder, { recursive: true, force: true });
    });

    const settings = (rule: object = {}, run: object = {}): void => {
        stack.set((config) => {
            config["siteregistry:harbor"] = {
                url: harbor.url,
                endpoints: [{ name: "source", type: "docker-registry", url: source.url }],
                projects: [{ name: "mirror", deleteContents: true }],
                robots: [{ name: "nodes", role: "pull", projects: ["mirror"] }],
                rules: [
                    {
                        name: "team",
                        mode: "pull",
                        endpoint: "source",
                        filters: [
                            { type: "name", value: "team/**" },
                            { type: "tag", value: "old", decoration: "excludes" },
                        ],
                        destinationNamespace: "mirror",
                        run: { when: "onChange", compareDigests: true, ...run },
                        ...rule,
                    },
                ],
            };
        });
    };
    const succeed = async (args: string[]): Promise<string> => {
        const { code, stdout, stderr } = await stack.pulumi(args);
        assert.equal(code, 0, `${stdout}${stderr}`);
        assert.ok(!`${stdout}${stderr}`.includes(password));
        return stdout;
    };
    const up = ["up", "--yes", "--skip-preview"];

    it("copies the images, by the same digest", async () => {
        await succeed(["preview"]);
        assert.equal(harbor.state.policies.all().length, 0);
        await succeed(up);
        const facts = JSON.parse(await succeed(["stack", "output", "--json", "--show-secrets"])) as {
            replicated: Record<string, string[]>;
            robotLogins: Record<string, string>;
            robotSecrets: Record<string, string>;
        };
        assert.deepEqual(facts.replicated, { team: ["mirror/app", "mirror/deep/tool"] });
        assert.equal(facts.robotLogins.nodes, "robot$nodes");
        assert.ok((facts.robotSecrets.nodes?.length ?? 0) >= 8);
        assert.equal(await own.digest("mirror/app", "1.0"), await source.digest("team/app", "1.0"));
        assert.equal(await own.digest("mirror/app", "old"), null);
        assert.deepEqual(harbor.problems, []);
    });

    it("has nothing to do the second time, and asks Harbor nothing for it", async () => {
        harbor.asked.splice(0);
        await succeed(["preview", "--expect-no-changes"]);
        assert.ok(harbor.asked.length <= 1, JSON.stringify(harbor.asked));
        await succeed(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
        const lists = harbor.asked.filter(({ method }) => method !== "GET");
        assert.deepEqual(lists, []);
    });

    it("brings back what somebody changed", async () => {
        const [policy] = harbor.state.policies.all();
        assert.ok(policy !== undefined);
        harbor.state.policies.put({ ...policy, description: "changed by hand", filters: [] });
        await succeed(["refresh", "--yes", "--skip-preview"]);
        await succeed(up);
        assert.equal(harbor.state.policies.get(policy.id)?.description, "");
        assert.equal(harbor.state.policies.get(policy.id)?.filters.length, 2);
    });

    it("refuses a schedule by key, before anything is changed", async () => {
        settings({ trigger: "scheduled", cron: "0 0 0 31 2 *" });
        const { code, stdout, stderr } = await stack.pulumi(["preview"]);
        assert.notEqual(code, 0);
        assert.match(`${stdout}${stderr}`, /cron.*names a day that never comes/);
        settings();
    });

    it("fails where an image cannot be copied, and goes on at the next time", async () => {
        settings({ filters: [{ type: "name", value: "team/missing" }], destinationNamespace: "mirror" });
        const { code, stdout, stderr } = await stack.pulumi(up);
        assert.notEqual(code, 0);
        assert.match(`${stdout}${stderr}`, /failed before anything was copied: .*NAME_UNKNOWN/);
        settings();
        await succeed(up);
    });

    it("leaves nothing", async () => {
        await succeed(["destroy", "--yes", "--skip-preview"]);
        const { policies, registries, robots } = harbor.state;
        assert.deepEqual(
            [policies, registries, robots].map((table) => table.all().length),
            [0, 0, 0],
        );
        assert.deepEqual(
            harbor.state.projects.all().map(({ name }) => name),
            ["library"],
        );
        assert.deepEqual(harbor.problems, []);
    });
});
