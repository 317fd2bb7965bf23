import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Lab } from "../../lab/lab.ts";
import { must } from "../../lab/machines/command.ts";
import { LanguageProgram, writeSdk } from "../support/languageProgram.ts";
import { runningLab } from "../support/runningLab.ts";

/** What the examples export. */
interface Exported {
    host: string;
    caBundle: string;
    passwords: Record<string, string>;
    nodes: { node: string; status: string; paths: string[] }[];
}

for (const language of ["yaml", "go"] as const) {
    describe(`a registry, and nodes that trust it, from ${language}`, function () {
        this.timeout(1_800_000);
        const name = `from-${language}`;
        const host = `${name}.site.test`;
        let lab: Lab;
        let program: LanguageProgram;

        before(async () => {
            lab = await runningLab();
            const settings = { namespace: `${name}-registry`, trustNamespace: `${name}-trust`, host };
            program = await LanguageProgram.make(language, lab.kubeconfig, settings);
        });

        it("comes up, with the outputs that the components have", async () => {
            await program.must("up", "--yes", "--skip-preview");
            const { host: told, caBundle, passwords, nodes } = (await program.outputs()) as unknown as Exported;
            assert.equal(told, host);
            assert.match(caBundle, /BEGIN CERTIFICATE/);
            assert.deepEqual(Object.keys(passwords).sort(), ["ci", "reader"]);
            assert.ok(nodes.length > 1);
            assert.ok(nodes.every(({ status }) => status === "applied"));
            assert.ok(nodes.every(({ paths }) => paths.includes(`/etc/containerd/certs.d/${host}`)));
            const { stdout } = await lab.kubectl(["-n", `${name}-registry`, "get", "deployment", "-o", "name"]);
            assert.match(stdout, /deployment/);
        });

        it("keeps its passwords secret in the state", async () => {
            const { passwords } = (await program.outputs()) as unknown as Exported;
            const state = await program.must("stack", "export");
            for (const password of Object.values(passwords)) assert.ok(!state.includes(password));
        });

        it("changes nothing without a change", async () => {
            await program.must("preview", "--expect-no-changes");
        });

        it("goes without a trace", async () => {
            await program.destroy();
            const spaces = ["registry", "trust"].map((suffix) => `namespace/${name}-${suffix}`);
            const { stdout } = await lab.kubectl(["get", ...spaces, "--ignore-not-found", "-o", "name"]);
            assert.equal(stdout.trim(), "");
        });
    });
}

/** Pulumi's hosts of these languages cannot be had here, so no program of theirs is run. */
describe("an SDK for other languages", function () {
    this.timeout(1_800_000);
    const folder = mkdtempSync(join(tmpdir(), "sdks-"));

    after(() => {
        rmSync(folder, { recursive: true, force: true });
    });

    it("is written for Python, and compiles", async () => {
        await writeSdk("python", folder);
        await must(["python3", "-m", "compileall", "-q", folder]);
        assert.ok(existsSync(join(folder, "pulumi_siteregistry", "registry_stack.py")));
    });

    it("is written for Node", async () => {
        await writeSdk("nodejs", join(folder, "nodejs"));
        assert.ok(existsSync(join(folder, "nodejs", "registryStack.ts")));
    });
});
