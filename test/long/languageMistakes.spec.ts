import assert from "node:assert/strict";

import { LanguageProgram } from "../support/languageProgram.ts";
import { runningLab } from "../support/runningLab.ts";

/** Beside the other long tests for its host, which takes minutes to build. */
describe("a program in Pulumi YAML", function () {
    this.timeout(1_800_000);
    let program: LanguageProgram;

    before(async () => {
        const { kubeconfig } = await runningLab();
        const settings = { namespace: "seen-registry", trustNamespace: "seen-trust", host: "seen.site.test" };
        program = await LanguageProgram.make("yaml", kubeconfig, settings);
    });

    after(async () => {
        await program.destroy();
    });

    it("declares a registry and nodes that trust it, each with all that belongs to it", async () => {
        const said = await program.must("preview");
        for (const type of ["RegistryStack", "NodeCaTrust", "NodeTrustReceipts"]) assert.match(said, new RegExp(type));
        for (const name of ["registry-server", "registry-ca-1", "trust-agent"]) assert.match(said, new RegExp(name));
        assert.match(said, /host +: "seen\.site\.test"/);
    });

    it("is told which property has the wrong type, and which is wanted", async () => {
        program.change(({ resources }) => {
            Object.assign(resources.registry?.properties ?? {}, { replicas: "many", exposure: "everywhere" });
        });
        const { code, stdout } = await program.pulumi("preview");
        assert.notEqual(code, 0);
        assert.match(stdout, /replicas: Cannot assign type 'string' to type 'number'/);
        assert.match(stdout, /exposure: .*\n.*Allowed values are "passthrough", "ingress"/);
    });

    it("is told so by the plugin too, for what YAML does not look at", async () => {
        program.change(({ resources }) => {
            const { registry } = resources;
            const users = [{ name: "ci", role: "admin" }, { name: "reader" }];
            Object.assign(registry?.properties ?? {}, { replicas: 1, exposure: "clusterOnly", users });
        });
        const { code, stdout } = await program.pulumi("preview");
        assert.notEqual(code, 0);
        assert.match(
            stdout,
            /RegistryStack registry: wrong inputs\s+users\[0\]\.role: must be one of pull, push; "admin" is a text/,
        );
    });
});
