import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
    copyFileSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readSettings } from "../../settings.ts";
import { buildSite } from "../../site.ts";
import { configure, stackFile } from "../support/configuration.ts";
import { underMocks } from "../support/mocks.ts";

const checkout = join(import.meta.dirname, "..", "..");

/** The package as npm packs it, unpacked in a folder of somebody else's; what it depends on is the checkout's. */
describe("the npm package", function () {
    this.timeout(180_000);
    const folder = mkdtempSync(join(tmpdir(), "package-"));
    const modules = join(folder, "node_modules");
    const run = (file: string, ...args: string[]) =>
        execFileSync(file, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    let files: string[];

    before(() => {
        run(process.execPath, join(checkout, "tools", "build.ts"));
        run("npm", "pack", join(checkout, "dist"), "--ignore-scripts", "--loglevel=error");
        mkdirSync(modules);
        for (const one of readdirSync(join(checkout, "node_modules")))
            symlinkSync(join(checkout, "node_modules", one), join(modules, one));
        const [tarball = ""] = readdirSync(folder).filter((file) => file.endsWith(".tgz"));
        run("tar", "-xzf", tarball);
        run("mv", "package", join("node_modules", "siteregistry"));
        files = run("tar", "-tzf", tarball).trim().split("\n");
    });

    after(() => {
        rmSync(folder, { recursive: true, force: true });
    });

    it("holds what programs import and the plugin, and neither tests nor lab nor anybody's stacks", () => {
        const has = (path: string) => files.includes(`package/${path}`);
        for (const file of ["main.js", "main.d.ts", "program.js", "plugin/main.js", "plugin/copier/main.ts", "LICENSE"])
            assert.ok(has(file), file);
        for (const file of [
            "PulumiPlugin.yaml",
            "plugin/index.js",
            "plugin/schema.json",
            "plugin/components/construct.js",
        ])
            assert.ok(has(file), file);
        const foreign = files.filter((file) =>
            /^package\/(test|lab|bench|tools|node_modules)\/|Pulumi\..*yaml/.test(file),
        );
        assert.deepEqual(foreign, []);
    });

    it("builds the same site as the checkout, resource by resource", async () => {
        const values = stackFile("dev");
        copyFileSync(join(checkout, "test", "support", "programOfPackage.mjs"), join(folder, "program.mjs"));
        const support = (file: string) => join(checkout, "test", "support", file);
        const out = join(folder, "seen.json");
        run(
            process.execPath,
            "program.mjs",
            support("mocks.ts"),
            support("configuration.ts"),
            JSON.stringify(values),
            out,
        );
        const { exported, seen } = JSON.parse(readFileSync(out, "utf8")) as { exported: string[]; seen: unknown[] };
        for (const name of [
            "RegistryStack",
            "NodeCaTrust",
            "HarborReplication",
            "ImageSeed",
            "OkdRegistry",
            "QuayRegistry",
            "HostRegistry",
            "FirstImages",
            "ClientKit",
            "PullProof",
        ])
            assert.ok(exported.includes(name), name);
        configure(values);
        const ours = await underMocks(() => buildSite(readSettings(), []));
        assert.ok(ours.length > 25);
        const sorted = (all: unknown[]) => all.map((one) => JSON.stringify(one)).sort();
        assert.deepEqual(sorted(seen), sorted(JSON.parse(JSON.stringify(ours)) as unknown[]));
    });

    it("has types: a program that gives a component wrong arguments does not compile", () => {
        const program = (namespace: string) =>
            `import { NodeCaTrust, RegistryStack, type NodeCaTrustArgs } from "siteregistry";
             export const args: Pick<NodeCaTrustArgs, "namespace"> = { namespace: ${namespace} };
             export const made = [NodeCaTrust, RegistryStack];\n`;
        const compile = (text: string) => {
            writeFileSync(join(folder, "typed.mts"), text);
            const flags = ["--module", "nodenext", "--strict", "--noEmit", "--skipLibCheck", "--types", "node"];
            run(process.execPath, join(checkout, "node_modules", "typescript", "bin", "tsc"), ...flags, "typed.mts");
        };
        compile(program('"trust"'));
        assert.throws(
            () => {
                compile(program("7"));
            },
            (error: { stdout?: string }) => /Type 'number' is not assignable/.test(error.stdout ?? ""),
        );
    });

    it("lets the example in TypeScript compile, and declare what it says", () => {
        copyFileSync(join(checkout, "examples", "languages", "typescript", "index.ts"), join(folder, "index.ts"));
        const flags = ["--module", "nodenext", "--strict", "--noEmit", "--skipLibCheck", "--types", "node"];
        run(process.execPath, join(checkout, "node_modules", "typescript", "bin", "tsc"), ...flags, "index.ts");
        copyFileSync(join(checkout, "test", "support", "exampleOfPackage.mjs"), join(folder, "example.mjs"));
        const mocks = join(checkout, "test", "support", "mocks.ts");
        const types = JSON.parse(run(process.execPath, "example.mjs", mocks, join(folder, "index.ts"))) as string[];
        for (const type of ["RegistryStack", "NodeCaTrust", "NodeTrustReceipts"])
            assert.ok(types.includes(`siteregistry:index:${type}`), type);
    });

    const own = join(modules, "siteregistry");
    const ways = {
        "as a program": [join(own, "plugin", "pulumi-resource-siteregistry")],
        // The language host of Node does so with a folder that has a PulumiPlugin.yaml.
        "as a folder": [process.execPath, join(modules, "@pulumi", "pulumi", "cmd", "run-plugin"), own, "127.0.0.1:1"],
    };
    for (const [way, [file = "", ...args]] of Object.entries(ways)) {
        it(`starts its plugin ${way}`, async () => {
            const child = spawn(file, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
            try {
                const [port] = (await once(child.stdout, "data", { signal: AbortSignal.timeout(60_000) })) as [Buffer];
                assert.match(port.toString(), /^\d+\n$/);
            } finally {
                child.kill();
            }
        });
    }
});
