import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { pulumiHome } from "../../lab/engine.ts";
import { run, type Result } from "../../lab/machines/command.ts";
import { OneImage, RealRegistry, registryBinary, skopeoOfTheLab } from "../support/realRegistry.ts";
import { TestedHarbor } from "../support/testedHarbor.ts";

const checkout = join(import.meta.dirname, "..", "..");
const example = join(checkout, "examples", "two-sites");
const names = ["central", "north"] as const;
type Name = (typeof names)[number];

/** Stand-ins alone: a Harbor of one's own cannot be both sites. */
describe("the example of two sites, with the engine, two Harbors and two real registries", function () {
    this.timeout(300_000);
    const folder = mkdtempSync(join(tmpdir(), "sites-e2e-"));
    const registries = {} as Record<Name, RealRegistry>;
    const harbors = {} as Record<Name, TestedHarbor>;
    const realHarbor = process.env.HARBOR_URL;
    let image: OneImage;

    const pulumi = (stack: Name, args: string[]): Promise<Result> => {
        const file = args[0] === "stack" ? [] : ["--config-file", join(folder, `Pulumi.${stack}.yaml`)];
        return run(["npx", "pulumi", ...args, "--stack", stack, ...file, "--non-interactive"], {
            cwd: checkout,
            env: {
                ...Object.fromEntries(Object.entries(process.env).filter(([key]) => key !== "PULUMI_STACK")),
                PULUMI_HOME: pulumiHome(),
                PULUMI_SKIP_UPDATE_CHECK: "true",
                PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
                PULUMI_CONFIG_PASSPHRASE: "of a test",
            },
        });
    };
    const succeed = async (stack: Name, args: string[]): Promise<string> => {
        const { code, stdout, stderr } = await pulumi(stack, args);
        assert.equal(code, 0, `pulumi ${args.join(" ")} --stack ${stack}\n${stdout}\n${stderr}`);
        return stdout;
    };
    const up = ["up", "--yes", "--skip-preview"];

    before(async () => {
        delete process.env.HARBOR_URL;
        const skopeo = skopeoOfTheLab();
        const binary = await registryBinary();
        image = new OneImage(join(folder, "layout"), skopeo);
        for (const name of names) {
            registries[name] = await RealRegistry.start(binary, join(folder, name));
            harbors[name] = await TestedHarbor.start(skopeo, registries[name].url);
        }
        mkdirSync(join(folder, "state"));
        copyFileSync(join(checkout, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
        const placed = (text: string): string =>
            text
                .replaceAll("https://harbor.central.site.test", harbors.central.url)
                .replaceAll("https://harbor.north.site.test", harbors.north.url)
                .replaceAll("file: topology.yaml", `file: ${join(folder, "topology.yaml")}`);
        for (const file of ["topology.yaml", "Pulumi.central.yaml", "Pulumi.north.yaml"])
            writeFileSync(join(folder, file), placed(readFileSync(join(example, file), "utf8")));
        for (const name of names) {
            await succeed(name, ["stack", "init", "--cwd", folder]);
            const key = "siteregistry:harborCredentials.admin";
            await succeed(name, ["config", "set", "--secret", "--path", key, harbors[name].password]);
        }
    });

    after(async () => {
        for (const name of names) {
            await harbors[name].stop();
            registries[name].stop();
        }
        rmSync(folder, { recursive: true, force: true });
        if (realHarbor !== undefined) process.env.HARBOR_URL = realHarbor;
    });

    it("north says by key what is missing while central is not up", async () => {
        const { code, stdout, stderr } = await pulumi("north", ["preview"]);
        assert.notEqual(code, 0);
        assert.match(
            `${stdout}${stderr}`,
            /sites\.0\.stack: organization\/siteregistry\/central has no output harborUrl/,
        );
        assert.match(`${stdout}${stderr}`, /has no login copy in its output robotSecrets; known are none/);
    });

    it("north says by key that there is no such stack", async () => {
        const file = join(folder, "topology.yaml");
        const text = readFileSync(file, "utf8");
        writeFileSync(file, text.replace("siteregistry/central", "siteregistry/centre"));
        const { code, stdout, stderr } = await pulumi("north", ["preview"]);
        writeFileSync(file, text);
        assert.notEqual(code, 0);
        const said = `${stdout}${stderr}`;
        assert.match(
            said,
            /sites\.0\.stack: is "organization\/siteregistry\/centre", which cannot be read: .+; allowed/,
        );
    });

    it("copies what central has to north, by what the stack central tells", async () => {
        await image.push(`${registries.central.host}/base/app:1.0`);
        await image.push(`${registries.central.host}/secret/app:1.0`);
        await succeed("central", up);
        await succeed("north", up);
        const wanted = { "1.0": await registries.central.digest("base/app", "1.0") };
        assert.deepEqual(await harbors.north.digests("base", "app"), wanted);
        assert.equal(await registries.north.digest("secret/app", "1.0"), null);
        const endpoint = await harbors.north.named("/registries", "central");
        assert.equal(endpoint?.url, harbors.central.url);
        const rule = await harbors.north.named("/replication/policies", "base-from-central");
        assert.match(JSON.stringify(rule?.trigger), /0 30 2 \* \* \*/);
        assert.deepEqual(await harbors.central.api("GET", "/replication/policies"), []);
    });

    it("copies back what is pushed at north", async () => {
        const rule = await harbors.north.named("/replication/policies", "reports-to-central");
        assert.equal((rule?.dest_registry as { name?: string } | undefined)?.name, "central");
        const { host } = new URL(harbors.north.url);
        await image.push(`${host}/reports/daily:1`, "--dest-creds", `admin:${harbors.north.password}`);
        const wanted = await registries.north.digest("reports/daily", "1");
        for (let attempt = 0; (await registries.central.digest("reports/daily", "1")) !== wanted; attempt += 1) {
            assert.ok(attempt < 100, "it has not come to central");
            await new Promise((resolve) => setTimeout(resolve, 200));
        }
    });

    it("has nothing to do the second time, and keeps the robot's secret out of north's plain state", async () => {
        await succeed("north", ["preview", "--expect-no-changes"]);
        const told = JSON.parse(await succeed("central", ["stack", "output", "--json", "--show-secrets"])) as {
            robotSecrets: Record<string, string>;
        };
        const state = await succeed("north", ["stack", "export"]);
        assert.ok((told.robotSecrets.copy?.length ?? 0) >= 8);
        assert.ok(!state.includes(told.robotSecrets.copy ?? ""));
    });

    it("leaves nothing", async () => {
        await succeed("north", ["destroy", "--yes", "--skip-preview"]);
        await succeed("central", ["destroy", "--yes", "--skip-preview"]);
        assert.equal(await harbors.north.named("/registries", "central"), undefined);
    });
});
