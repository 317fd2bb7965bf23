import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Stack } from "../../lab/site/stack.ts";
import { HarborServer } from "../harbor/server.ts";
import { emptyRegistry, SimulatedOutside } from "../harbor/simulatedOutside.ts";

/** What a state holds of a resource. */
interface Kept {
    urn: string;
    type: string;
    id: string;
}

/** A state as the engine hands it over. */
interface State {
    deployment: { resources: Kept[] };
}

const remote = "http://remote.test:5000";
/** What lives in Harbor, each after what it needs. */
const types = ["HarborEndpoint", "HarborProject", "HarborRule", "HarborRobot"].map(
    (one) => `siteregistry:index:${one}`,
);

describe("a stack that has lost its state of a Harbor", () => {
    let folder: string;
    let harbor: HarborServer;
    let stack: Stack;

    before(async () => {
        folder = mkdtempSync(join(tmpdir(), "harbor-import-"));
        const outside = new SimulatedOutside();
        outside.registries.set(remote, emptyRegistry());
        harbor = await HarborServer.start({ outside });
        stack = new Stack("casd", join(folder, "site"), "", "harbor-import");
        await stack.prepare();
        stack.set((config) => {
            config["siteregistry:harbor"] = {
                url: harbor.url,
                endpoints: [{ name: "source", type: "docker-registry", url: remote, description: "where images are" }],
                projects: [{ name: "mirror", storageLimitBytes: 1_000_000_000 }],
                robots: [{ name: "nodes", role: "pull", projects: ["mirror"] }],
                rules: [
                    {
                        ...{ name: "team", mode: "pull", endpoint: "source", destinationNamespace: "mirror" },
                        filters: [{ type: "name", value: "team/**" }],
                        ...{ trigger: "scheduled", cron: "0 30 2 * * *", speed: 100 },
                    },
                ],
            };
        });
        await succeed("config", "set", "--secret", "--path", "siteregistry:harborCredentials.admin", "Harbor12345");
    });

    after(async () => {
        await harbor.close();
        rmSync(folder, { recursive: true, force: true });
    });

    const succeed = async (...args: string[]): Promise<string> => {
        const { code, stdout, stderr } = await stack.pulumi(args);
        assert.equal(code, 0, `${args.join(" ")}\n${stdout}${stderr}`);
        return stdout;
    };
    const exported = async (): Promise<State> => JSON.parse(await succeed("stack", "export")) as State;
    const urnOf = (resources: readonly Kept[], type: string): string => {
        const found = resources.find((one) => one.type === type);
        assert.ok(found !== undefined, type);
        return found.urn;
    };

    it("takes everything in again by number, and the next update gives the robot a secret that is known", async () => {
        await succeed("up", "--yes", "--skip-preview");
        const state = await exported();
        const { resources } = state.deployment;
        const lost = types.flatMap((type) => resources.filter((one) => one.type === type));
        assert.equal(lost.length, types.length);
        state.deployment.resources = resources.filter(({ type }) => !types.includes(type));
        writeFileSync(join(folder, "state.json"), JSON.stringify(state));
        await succeed("stack", "import", "--file", join(folder, "state.json"));

        const nameTable = {
            parent: urnOf(resources, "siteregistry:index:HarborReplication"),
            site: urnOf(resources, "pulumi:providers:siteregistry"),
        };
        const wanted = lost.map(({ type, urn, id }) => {
            return { type, id, name: urn.split("::").at(-1) ?? "", parent: "parent", provider: "site" };
        });
        writeFileSync(join(folder, "import.json"), JSON.stringify({ nameTable, resources: wanted }));
        const how = ["--generate-code=false", "--protect=false", "--skip-preview", "--yes"];
        await succeed("import", "--file", join(folder, "import.json"), ...how);

        const found = (await exported()).deployment.resources;
        for (const { urn, id } of lost) assert.equal(found.find((one) => one.urn === urn)?.id, id, urn);
        harbor.asked.splice(0);
        await succeed("up", "--yes", "--skip-preview");
        const changes = harbor.asked
            .filter(({ method }) => method !== "GET")
            .map(({ method, path }) => `${method} ${path}`);
        const robot = lost.at(-1)?.id ?? "";
        assert.deepEqual(changes, [`PUT /api/v2.0/robots/${robot}`, `PATCH /api/v2.0/robots/${robot}`]);
        await succeed("preview", "--expect-no-changes");
        const { robotSecrets } = JSON.parse(await succeed("stack", "output", "--json", "--show-secrets")) as {
            robotSecrets: Record<string, string>;
        };
        assert.ok((robotSecrets.nodes?.length ?? 0) >= 8);
        await succeed("destroy", "--yes", "--skip-preview");
        assert.deepEqual(harbor.problems, []);
    });
});
