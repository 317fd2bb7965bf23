import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Stack } from "../../lab/site/stack.ts";
import { OneImage, RealRegistry, registryBinary, skopeoOfTheLab } from "../support/realRegistry.ts";
import { TestedHarbor } from "../support/testedHarbor.ts";

/** With `HARBOR_URL`, everything here has these names in that Harbor. */
const names = { endpoint: "e2e-source", rule: "e2e-team", project: "e2e-mirror", robot: "e2e-nodes" };

describe("a stack about a Harbor, with the engine and two real registries", () => {
    let folder: string;
    let source: RealRegistry;
    let own: RealRegistry;
    let harbor: TestedHarbor;
    let stack: Stack;

    before(async () => {
        folder = mkdtempSync(join(tmpdir(), "harbor-e2e-"));
        const skopeo = skopeoOfTheLab();
        const binary = await registryBinary();
        source = await RealRegistry.start(binary, join(folder, "source"), { address: TestedHarbor.sourceAddress });
        own = await RealRegistry.start(binary, join(folder, "own"));
        const image = new OneImage(join(folder, "layout"), skopeo);
        for (const name of ["team/app:1.0", "team/app:old", "team/deep/tool:2.0"])
            await image.push(`${source.host}/${name}`);
        harbor = await TestedHarbor.start(skopeo, own.url);
        stack = new Stack("casd", join(folder, "site"), "", "harbor-e2e");
        await stack.prepare();
        settings();
        const { password } = harbor;
        await succeed(["config", "set", "--secret", "--path", "siteregistry:harborCredentials.admin", password]);
    });

    after(async () => {
        await harbor.stop();
        source.stop();
        own.stop();
        rmSync(folder, { recursive: true, force: true });
    });

    const settings = (rule: object = {}, run: object = {}): void => {
        stack.set((config) => {
            config["siteregistry:harbor"] = {
                ...harbor.settings,
                endpoints: [{ name: names.endpoint, type: "docker-registry", url: source.url }],
                projects: [{ name: names.project, storageLimitBytes: 1_000_000_000, deleteContents: true }],
                robots: [{ name: names.robot, role: "pull", projects: [names.project] }],
                rules: [
                    {
                        name: names.rule,
                        mode: "pull",
                        endpoint: names.endpoint,
                        filters: [
                            { type: "name", value: "team/**" },
                            { type: "tag", value: "old", decoration: "excludes" },
                        ],
                        destinationNamespace: names.project,
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
        assert.ok(!`${stdout}${stderr}`.includes(harbor.password));
        return stdout;
    };
    const policy = (): Promise<Record<string, unknown> | undefined> =>
        harbor.named("/replication/policies", names.rule);
    const up = ["up", "--yes", "--skip-preview"];

    it("copies the images, by the same digest", async () => {
        await succeed(["preview"]);
        assert.equal(await policy(), undefined);
        await succeed(up);
        const facts = JSON.parse(await succeed(["stack", "output", "--json", "--show-secrets"])) as {
            replicated: Record<string, string[]>;
            robotLogins: Record<string, string>;
            robotSecrets: Record<string, string>;
        };
        assert.deepEqual(facts.replicated, {
            [names.rule]: [`${names.project}/app`, `${names.project}/deep/tool`],
        });
        assert.match(facts.robotLogins[names.robot] ?? "", new RegExp(`.+${names.robot}$`));
        assert.ok((facts.robotSecrets[names.robot]?.length ?? 0) >= 8);
        const wanted = { "1.0": await source.digest("team/app", "1.0") };
        assert.deepEqual(await harbor.digests(names.project, "app"), wanted);
        assert.deepEqual(harbor.standIn?.problems ?? [], []);
    });

    it("has nothing to do the second time, and asks Harbor nothing for it", async () => {
        harbor.standIn?.asked.splice(0);
        await succeed(["preview", "--expect-no-changes"]);
        const { asked = [] } = harbor.standIn ?? {};
        assert.ok(asked.length <= 1, JSON.stringify(asked));
        await succeed(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
        assert.deepEqual(
            asked.filter(({ method }) => method !== "GET"),
            [],
        );
    });

    it("brings back what somebody changed", async () => {
        const found = await policy();
        assert.ok(found !== undefined);
        const path = `/replication/policies/${String(found.id)}`;
        await harbor.api("PUT", path, { ...found, description: "changed by hand", filters: [] });
        await succeed(["refresh", "--yes", "--skip-preview"]);
        await succeed(up);
        const after = await policy();
        assert.equal(after?.description ?? "", "");
        assert.equal((after?.filters as unknown[]).length, 2);
    });

    it("refuses a schedule by key, before anything is changed", async () => {
        settings({ trigger: "scheduled", cron: "0 0 0 31 2 *" });
        const { code, stdout, stderr } = await stack.pulumi(["preview"]);
        assert.notEqual(code, 0);
        assert.match(`${stdout}${stderr}`, /cron.*names a day that never comes/);
        settings();
    });

    it("fails where an image cannot be copied, and goes on at the next time", async () => {
        settings({ filters: [{ type: "name", value: "team/missing" }], destinationNamespace: names.project });
        const { code, stdout, stderr } = await stack.pulumi(up);
        assert.notEqual(code, 0);
        assert.match(`${stdout}${stderr}`, /failed before anything was copied: .*NAME_UNKNOWN/);
        settings();
        await succeed(up);
    });

    it("leaves nothing", async () => {
        await succeed(["destroy", "--yes", "--skip-preview"]);
        assert.equal(await policy(), undefined);
        assert.equal(await harbor.named("/registries", names.endpoint), undefined);
        assert.equal(await harbor.named("/projects", names.project), undefined);
        const robots = (await harbor.api("GET", "/robots?page_size=100")) as { name: string }[];
        assert.ok(!robots.some(({ name }) => name.endsWith(names.robot)));
        assert.deepEqual(harbor.standIn?.problems ?? [], []);
    });
});
