import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type * as Packages from "../../lab/packages.ts";
import { packages } from "../../lab/packages.ts";
import { checkout } from "../../lab/paths.ts";
import { ScratchCheckout, setVariables, silent } from "./scratch.ts";

/** Builds what it is asked for, as far as anybody can see. */
const go = `[ "$1" = version ] && exit 0
while [ "$1" != -o ]; do shift; done
echo built >"$2/program"`;

describe("the lab's builds", () => {
    let scratch: ScratchCheckout;
    let lab: typeof Packages;
    let restore: () => void;
    beforeEach(async () => {
        scratch = new ScratchCheckout();
        scratch.standIn("go", go);
        restore = setVariables(scratch.variables);
        lab = (await scratch.load("packages.ts")) as typeof Packages;
    });
    afterEach(() => {
        restore();
        scratch.remove();
    });

    async function folderOf(name: string): Promise<string> {
        const folder = (await lab.ensurePackages([name], silent)).get(name);
        assert.ok(folder !== undefined);
        return folder;
    }

    function builds(): number {
        return readFileSync(scratch.calls, "utf8")
            .split("\n")
            .filter((line) => line.startsWith("go build")).length;
    }

    it("are made once and found again", async () => {
        const folder = await folderOf("registry");
        assert.equal(readFileSync(join(folder, "program"), "utf8"), "built\n");
        assert.equal(await folderOf("registry"), folder);
        assert.equal(builds(), 1);
    });

    it("are of the source as it is amended, and of no other", async () => {
        const source = join(scratch.root, "source");
        const folder = join(source, "nodejs/cmd/pulumi-language-nodejs");
        mkdirSync(folder, { recursive: true });
        scratch.standIn(
            "go",
            `[ "$1" = version ] && exit 0
[ "$1" = mod ] && { echo '{"Dir":"${source}"}'; exit 0; }
while [ "$1" != -o ]; do shift; done
while read -r line; do echo "$line"; done <main.go >"$2"`,
        );
        const address = 'run(fmt.Sprintf("127.0.0.1:%d", handle.Port))\n';
        const flag = 'flag.BoolVar(&typescript, "typescript", true,\n';
        writeFileSync(join(folder, "main.go"), flag);
        await assert.rejects(folderOf("language-nodejs"), /main\.go has not once: fmt\.Sprintf/);
        writeFileSync(join(folder, "main.go"), `${flag}${address}${flag}`);
        await assert.rejects(folderOf("language-nodejs"), /main\.go has not once: &typescript/);
        writeFileSync(join(folder, "main.go"), `${flag}${address}`);
        const made = await folderOf("language-nodejs");
        assert.equal(
            readFileSync(join(made, "pulumi-language-nodejs"), "utf8"),
            'flag.BoolVar(&typescript, "typescript", false,\nrun(req.GetMonitorAddress())\n',
        );
    });

    it("are made anew when a pin changes, and the old ones stay for other checkouts", async () => {
        const before = await folderOf("registry");
        appendFileSync(join(scratch.root, "lab/modules/registry/go.mod"), "// another pin\n");
        const after = await folderOf("registry");
        assert.notEqual(after, before);
        assert.ok(existsSync(before));
        assert.equal(builds(), 2);
    });

    it("are made anew when a file is added, but not for a test", async () => {
        const before = await folderOf("registry");
        writeFileSync(join(scratch.root, "lab/modules/registry/main_test.go"), "package main\n");
        assert.equal(await folderOf("registry"), before);
        writeFileSync(join(scratch.root, "lab/modules/registry/main.go"), "package main\n");
        assert.notEqual(await folderOf("registry"), before);
    });

    it("carry the version they are of", async () => {
        await folderOf("registry");
        const variable = "github.com/distribution/distribution/v3/version.version=v3.1.2";
        assert.match(readFileSync(scratch.calls, "utf8"), new RegExp(`-X ${variable.replaceAll(".", "\\.")}`));
    });

    it("of an unknown name are refused before anything is built", async () => {
        await assert.rejects(
            lab.ensurePackages(["registry", "regstry"], silent),
            /no such package: regstry; known are .*registry/,
        );
        assert.equal(builds(), 0);
    });

    it("leave nothing half-built when Go fails, and say what it said", async () => {
        scratch.standIn("go", `${go.split("\n")[0] ?? ""}\necho "missing go.sum entry" >&2\nexit 1`);
        await assert.rejects(folderOf("registry"), /building registry failed: .*missing go\.sum entry/);
        const folders = ["siteregistry", "siteregistry/bin", "siteregistry/bin/registry"];
        assert.deepEqual(scratch.made().sort(), folders);
    });

    it("need Go only where something is missing", async () => {
        const folder = await folderOf("registry");
        rmSync(join(scratch.bin, "go"));
        assert.equal(await folderOf("registry"), folder);
        await assert.rejects(folderOf("traefik"), /`go` does not run here: install Go/);
    });
});

describe("the versions of the lab", () => {
    const read = (path: string): string => readFileSync(join(checkout, path), "utf8");

    for (const [name, { module, version, commands }] of Object.entries(packages)) {
        // The lab's own code: nothing pins it.
        if (commands.every((command) => command.startsWith("."))) continue;
        it(`of ${name}: its go.mod requires the one that is named`, () => {
            const required = [...read(`lab/${module}/go.mod`).matchAll(/^(?:require )?\s*(\S+) v(\S+)/gm)];
            for (const command of commands) {
                const pins = required.filter(([, path]) => `${command}/`.startsWith(`${path ?? ""}/`));
                assert.deepEqual([...new Set(pins.map(([, , pinned]) => pinned))], [version]);
            }
        });
    }

    it("of the engine is the one the program's packages ask for", () => {
        const { dependencies } = JSON.parse(read("package.json")) as { dependencies: Record<string, string> };
        assert.equal(packages.pulumi?.version, dependencies.pulumi);
        assert.match(read("lab/codegen/go.mod"), new RegExp(`pulumi/pkg/v3 v${dependencies.pulumi ?? ""}\n`));
    });

    for (const [name, manifest, image] of [
        ["coredns", "coredns", "registry.k8s.io/coredns/coredns"],
        ["traefik", "traefik", "docker.io/library/traefik"],
        ["local-path-provisioner", "local-path-storage", "docker.io/rancher/local-path-provisioner"],
    ] as const) {
        it(`of ${name} is the one its pods ask for, which no registry could give them`, () => {
            const text = read(`lab/addons/manifests/${manifest}.yaml`);
            const [, asked] = new RegExp(`image: ${image}:v(\\S+)`).exec(text) ?? [];
            assert.equal(asked, packages[name]?.version);
        });
    }
});
