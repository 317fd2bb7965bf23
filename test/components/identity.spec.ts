import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { readSettings } from "../../settings.ts";
import { separatePullSecrets } from "../../settings/separatePullSecrets.ts";
import { buildSite } from "../../site.ts";
import { isPersistent } from "../../tools/review/preview.ts";
import { completed, configure, stackFile } from "../support/configuration.ts";
import { underMocks } from "../support/mocks.ts";
import { recordedNames, recordedSettings, recordedState } from "../support/recordedState.ts";

/**
 * What `pulumi stack export` said of the stack `dev` after a real `up` of that version. The passphrase of its secrets is
 * `recorded`; the site it describes is gone.
 */
const recorded = JSON.parse(readFileSync(join(import.meta.dirname, "..", "recorded", "dev-0.1.0.json"), "utf8")) as {
    deployment: { resources: { urn: string; type: string; outputs?: Record<string, unknown> }[] };
};

/** What the recorded machine says over SSH. */
const said = { "host-machine-host1": { stdout: "running\n" } };

describe("names decide identity", function () {
    this.timeout(120_000);

    it("every resource of a site made by 0.1.0 is still there under its name", async () => {
        configure(stackFile("dev"));
        const settings = readSettings();
        const { outputs = {} } = recorded.deployment.resources.find(({ type }) => type === "pulumi:pulumi:Stack") ?? {};
        const last = { separatePullSecrets: separatePullSecrets(settings, outputs) };
        const seen = await underMocks(() => buildSite(settings, [], last));
        const now = seen.map((one) => `${one.type}::${one.name}`);
        const before = recorded.deployment.resources
            .filter(({ type }) => !type.startsWith("pulumi:"))
            .map(({ type, urn }) => `${type}::${urn.split("::").at(-1) ?? ""}`);
        assert.ok(before.length > 25);
        assert.deepEqual(
            before.filter((one) => !now.includes(one)),
            [],
        );
    });

    for (const name of recordedNames()) {
        it(`what must last of the site of ${name} is still there under its name`, async () => {
            configure(completed(recordedSettings(name)));
            const seen = await underMocks(() => buildSite(readSettings(), []), said);
            const now = seen.map((one) => `${one.type}::${one.name}`);
            const before = recordedState(name)
                .deployment.resources.filter(({ type }) => isPersistent(type))
                .map(({ type, urn }) => `${type}::${urn.split("::").at(-1) ?? ""}`);
            assert.ok(before.length > 1);
            assert.deepEqual(
                before.filter((one) => !now.includes(one)),
                [],
            );
        });
    }
});
