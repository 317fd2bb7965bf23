import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createProviders } from "../../providers.ts";
import { readSettings } from "../../settings.ts";
import { buildSite } from "../../site.ts";
import { readSites } from "../../site/sites.ts";
import { registeredBy } from "../../tools/render/site.ts";
import { configure } from "../support/configuration.ts";
import { exampleCa } from "../support/exampleCa.ts";
import { find, underMocks, type Registered } from "../support/mocks.ts";

const stack = "acme/siteregistry/central";
const outputs = {
    host: "registry.central.test",
    caBundle: exampleCa,
    passwords: { reader: "hunter2" },
    harborUrl: "https://harbor.central.test:8443",
    harborCaBundle: exampleCa,
    robotLogins: { copy: "robot$copy" },
    robotSecrets: { copy: "hunter3" },
};
const told = { [stack]: { outputs, secretOutputNames: ["passwords", "robotSecrets"] } };
const harborPassword = { "siteregistry:harborCredentials": { admin: "Harbor12345" } };

async function made(config: Record<string, unknown>): Promise<Registered[]> {
    configure({ ...config, ...("siteregistry:harbor" in config ? harborPassword : {}) });
    const settings = readSettings();
    return underMocks(async () => buildSite(settings, [], undefined, await readSites(settings)), told);
}

const refusal = async (config: Record<string, unknown>): Promise<string> => {
    try {
        await made(config);
    } catch (error) {
        return (error as Error).message;
    }
    return "";
};

describe("several sites: what another stack tells", () => {
    it("is trusted on nodes by its own name, mirrors, and gives pods a login, which stays secret", async () => {
        const seen = await made({
            "siteregistry:sites": [
                { name: "central", stack, trust: true, pullSecret: { user: "reader", namespaces: ["apps"] } },
            ],
            "siteregistry:nodeTrust": { mirrors: [{ upstream: "docker.io", site: "central", path: "hub" }] },
        });
        const bundle = find(seen, "kubernetes:core/v1:ConfigMap", "node-trust-bundle").inputs;
        const text = JSON.stringify(bundle.data);
        assert.match(text, /registry\.central\.test/);
        assert.match(text, /docker\.io/);
        const secret = find(seen, "kubernetes:core/v1:Secret", "site-central-apps");
        assert.ok(
            secret.secrets.some((path) => path.startsWith("stringData")),
            secret.secrets.join(),
        );
        assert.match(JSON.stringify(secret.inputs), /registry\.central\.test.*hunter2/);
        assert.deepEqual(
            seen.filter(({ inputs }) => JSON.stringify(inputs).includes("hunter2")).map(({ name }) => name),
            ["site-central-apps"],
        );
        assert.equal(seen.filter(({ type }) => type === "pulumi:pulumi:StackReference").length, 1);
    });

    it("needs cluster and plugin where nodes trust nothing of this site's own", async () => {
        configure({
            "siteregistry:sites": [{ name: "central", stack, trust: true }],
            "siteregistry:nodeTrust": {},
        });
        const seen = await underMocks(() => createProviders(readSettings()));
        assert.deepEqual(seen.map(({ type }) => type).sort(), [
            "pulumi:providers:kubernetes",
            "pulumi:providers:siteregistry",
        ]);
    });

    it("is an endpoint of a Harbor, with its roots and a robot's login", async () => {
        const seen = await made({
            "siteregistry:sites": [{ name: "central", stack, part: "harbor" }],
            "siteregistry:harbor": {
                url: "https://harbor.north.test",
                endpoints: [{ name: "up", type: "harbor", site: "central", accessKey: "copy" }],
            },
        });
        const { inputs, secrets } = find(seen, "siteregistry:index:HarborEndpoint", "harbor-endpoint-up");
        assert.deepEqual(
            [inputs.url, inputs.accessKey, inputs.accessSecret, inputs.caBundle],
            ["https://harbor.central.test:8443", "robot$copy", "hunter3", exampleCa],
        );
        assert.deepEqual(secrets, ["accessSecret"]);
    });

    it("is asked for by key: every stack that cannot be read and every output that one lacks, at once, and no secret", async () => {
        const text = await refusal({
            "siteregistry:sites": [
                { name: "central", stack, pullSecret: { user: "writer", namespaces: ["apps"] } },
                { name: "gone", stack: "acme/siteregistry/gone", trust: true },
                { name: "quay", stack, part: "quay", trust: true },
            ],
            "siteregistry:nodeTrust": {},
        });
        assert.match(
            text,
            /sites\.0\.stack: acme\/siteregistry\/central has no login writer in its output passwords; known are reader/,
        );
        assert.match(text, /sites\.1\.stack: is "acme\/siteregistry\/gone", which cannot be read: /);
        assert.match(text, /sites\.2\.stack: acme\/siteregistry\/central has no output quayHost/);
        assert.match(text, /sites\.2\.stack: acme\/siteregistry\/central has no output quayCaBundle/);
        assert.doesNotMatch(text, /hunter/);
    });

    it("is not asked for a render, where placeholders stand for it", async () => {
        const values = {
            "siteregistry:sites": [
                { name: "central", stack, trust: true, pullSecret: { user: "reader", namespaces: ["apps"] } },
            ],
            "siteregistry:nodeTrust": {},
        };
        const seen = await registeredBy({ values, stoodInFor: [] });
        assert.ok(seen.every(({ type }) => type !== "pulumi:pulumi:StackReference"));
        const secret = find(seen, "kubernetes:core/v1:Secret", "site-central-apps");
        assert.match(JSON.stringify(secret.inputs), /central\.not-known-before-pulumi-up/);
    });

    it("is named as it can be: mistakes of the settings, by key", () => {
        const cases: [Record<string, unknown>, RegExp][] = [
            [
                { "siteregistry:sites": [{ name: "a", stack: "central" }] },
                /sites\.0\.stack: is "central"; allowed is organization/,
            ],
            [
                { "siteregistry:sites": [{ name: "a", stack, trust: true }] },
                /sites\.0\.trust: is true; there is no `nodeTrust`/,
            ],
            [
                {
                    "siteregistry:harbor": {
                        url: "https://h.test",
                        endpoints: [{ name: "e", type: "harbor", site: "a" }],
                    },
                },
                /harbor\.endpoints\.0\.site: is "a"; sites has none/,
            ],
            [
                { "siteregistry:harbor": { url: "https://h.test", endpoints: [{ name: "e", type: "harbor" }] } },
                /harbor\.endpoints\.0\.url: is missing; allowed is http\(s\):\/\/host\[:port\], or `site`/,
            ],
            [
                { "siteregistry:nodeTrust": { mirrors: [{ upstream: "docker.io", site: "a" }] } },
                /nodeTrust\.mirrors\.0\.site: is "a"; sites has none/,
            ],
        ];
        for (const [config, expected] of cases) {
            configure({ ...config, ...("siteregistry:harbor" in config ? harborPassword : {}) });
            assert.throws(readSettings, (error: Error) => expected.test(error.message) || assert.fail(error.message));
        }
    });
});

describe("a topology file", () => {
    const folder = mkdtempSync(join(tmpdir(), "topology-"));
    const file = join(folder, "topology.yaml");
    const config = (site: string, sites: unknown[] = []) => ({
        "siteregistry:sites": sites,
        "siteregistry:harbor": { url: "https://harbor.north.test", topology: { file, site } },
        ...harborPassword,
    });

    after(() => {
        rmSync(folder, { recursive: true });
    });

    it("becomes endpoints and rules of this site, by the stack that tells of the other", async () => {
        writeFileSync(
            file,
            `sites:
  - { name: central, stack: ${stack}, accessKey: copy }
  - { name: north, url: "https://harbor.north.test" }
flows:
  - { name: base, from: central, to: [north], filters: [{ type: name, value: "library/**" }], trigger: scheduled, cron: 0 30 2 * * * }
`,
        );
        const seen = await made(config("north"));
        assert.equal(
            find(seen, "siteregistry:index:HarborEndpoint", "harbor-endpoint-central").inputs.accessKey,
            "robot$copy",
        );
        const { inputs } = find(seen, "siteregistry:index:HarborRule", "harbor-rule-base-from-central");
        assert.deepEqual([inputs.mode, inputs.trigger, inputs.cron], ["pull", "scheduled", "0 30 2 * * *"]);
    });

    it("is refused by file and place, all mistakes at once", () => {
        writeFileSync(
            file,
            `sites:
  - { name: central, url: "ftp://nowhere", colour: blue }
flows:
  - { name: base, from: central, to: [] }
`,
        );
        configure(config("north"));
        assert.throws(readSettings, (error: Error) => {
            for (const expected of [
                /, sites\.0\.url: allowed is http/,
                /, sites\.0: .*colour/,
                /, flows\.0\.to: at least one site/,
            ])
                assert.match(error.message, expected);
            return error.message.includes(`harbor.topology.file: ${file}`);
        });
        rmSync(file);
        assert.throws(readSettings, /harbor\.topology\.file: .* cannot be read: ENOENT/);
    });
});
