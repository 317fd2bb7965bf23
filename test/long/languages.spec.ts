import assert from "node:assert/strict";

import type { Lab } from "../../lab/lab.ts";
import { LanguageProgram } from "../support/languageProgram.ts";
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
