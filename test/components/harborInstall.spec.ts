import assert from "node:assert/strict";
import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { readSettings } from "../../settings.ts";
import { buildSite, type SiteOutputs } from "../../site.ts";
import { configure } from "../support/configuration.ts";
import { exampleCa } from "../support/exampleCa.ts";
import { find, underMocks, type Registered } from "../support/mocks.ts";

const url = "https://harbor.site.test";
const path = join("test", "charts", "harbor");
const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA";
const machine = { address: "192.0.2.7", hostKey };
const sshKeys = { harbor: "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n" };
const chart = { kind: "chart", chart: { path } };
const installer = { kind: "installer", installer: machine };

async function made(
    install: object,
    more: Record<string, unknown> = {},
    harbor: object = {},
): Promise<{ seen: Registered[]; outputs: SiteOutputs }> {
    configure({ harbor: { url, install, ...harbor }, ...more });
    let outputs: SiteOutputs = {};
    const seen = await underMocks(() => {
        outputs = buildSite(readSettings(), []);
    });
    return { seen, outputs };
}

function refusal(install: object, harbor: object = {}, more: Record<string, unknown> = {}): string {
    configure({ harbor: { url, install, ...harbor }, ...more });
    try {
        readSettings();
        return "";
    } catch (error) {
        return (error as Error).message;
    }
}

describe("a Harbor by its chart", () => {
    const secret = "kubernetes:core/v1:Secret";
    const type = "kubernetes:helm.sh/v4:Chart";

    it("is the chart, pointed to Secrets of the stack", async () => {
        const { seen } = await made(chart);
        const { inputs } = find(seen, type, "harbor-install-chart");
        assert.equal(inputs.chart, path);
        assert.equal(inputs.namespace, "harbor");
        const names = ["certificate", "token", "roots", "admin", "keys"].map(
            (role) => (find(seen, secret, `harbor-install-${role}`).inputs.metadata as { name: string }).name,
        );
        const values = JSON.stringify(inputs.values);
        for (const name of names) assert.ok(values.includes(`"${name}"`), name);
        assert.ok(!values.includes("password of"));
    });

    it("has everything that is secret in Secrets, marked as such", async () => {
        const { seen } = await made(chart);
        for (const role of ["certificate", "token", "roots", "admin", "keys"]) {
            const { inputs, secrets } = find(seen, secret, `harbor-install-${role}`);
            assert.ok(secrets.includes("stringData"), role);
            assert.notDeepEqual(inputs.stringData, {});
        }
        const keys = find(seen, secret, "harbor-install-keys").inputs.stringData as Record<string, string>;
        assert.match(keys.REGISTRY_HTPASSWD ?? "", /^harbor_registry_user:\$2b\$05\$/);
        assert.equal(Object.keys(keys).length, 7);
        const roots = find(seen, secret, "harbor-install-roots").inputs.stringData as Record<string, string>;
        assert.equal(roots["ca.crt"], exampleCa);
    });

    it("is reached by a provider of its own, with its root and its password", async () => {
        const { seen } = await made(chart, {}, { projects: [{ name: "mirror" }] });
        const provider = find(seen, "pulumi:providers:siteregistry", "harbor");
        assert.equal(provider.inputs.harborUrl, url);
        assert.equal(provider.inputs.harborCaBundle, exampleCa);
        assert.equal(provider.inputs.harborPassword, "password of harbor-install-admin-password");
        assert.ok(provider.secrets.includes("harborPassword"));
        find(seen, "siteregistry:index:HarborProject", "harbor-project-mirror");
    });

    it("takes a first password that is given, and the roots of others", async () => {
        const { seen } = await made(
            { ...chart, trustedRoots: exampleCa },
            { harborCredentials: { admin: "given by hand" } },
        );
        const admin = find(seen, secret, "harbor-install-admin").inputs.stringData as Record<string, string>;
        assert.equal(admin.HARBOR_ADMIN_PASSWORD, "given by hand");
        for (const { name, inputs, secrets } of seen)
            assert.ok(secrets.length > 0 || !JSON.stringify(inputs).includes("given by hand"), name);
        assert.ok(!seen.some(({ name }) => name === "harbor-install-admin-password"));
        const roots = find(seen, secret, "harbor-install-roots").inputs.stringData as Record<string, string>;
        assert.equal(roots["ca.crt"], exampleCa + exampleCa);
    });

    it("is trusted by nodes", async () => {
        const { seen } = await made(chart, { nodeTrust: {} });
        const bundle = JSON.stringify(seen.filter(({ name }) => name.startsWith("node-trust")));
        assert.ok(bundle.includes("harbor.site.test"));
    });
});

describe("a Harbor by its standalone installer", () => {
    it("is one secret script over SSH, run by its verb", async () => {
        const { seen, outputs } = await made(installer, { sshKeys });
        const { inputs, secrets } = find(seen, "command:remote:Command", "harbor-install-machine");
        assert.equal(inputs.create, "sh -s apply");
        assert.equal(inputs.delete, "sh -s remove");
        assert.ok(secrets.includes("stdin") && secrets.includes("connection"));
        assert.match(String(inputs.stdin), /harbor_admin_password: password of harbor-install-admin-password/);
        assert.equal((inputs.connection as Record<string, unknown>).hostKey, hostKey);
        assert.deepEqual(inputs.triggers, ["192.0.2.7", 22, "/opt/harbor"]);
        assert.ok(outputs.harborPassword !== undefined);
        assert.ok(await pulumi.isSecret(outputs.harborPassword));
        assert.ok(!seen.some(({ type }) => type === "pulumi:providers:kubernetes"));
    });

    it("uses sudo without a question for users other than root", async () => {
        const { seen } = await made({ ...installer, installer: { ...machine, user: "keeper" } }, { sshKeys });
        assert.equal(
            find(seen, "command:remote:Command", "harbor-install-machine").inputs.create,
            "sudo -n sh -s apply",
        );
    });
});

describe("the settings of a Harbor that the stack installs", () => {
    it("are refused by key, all at once, and none shows a secret", () => {
        const values = { harborAdminPassword: "hunter2", database: { external: { password: "hunter2" } } };
        const message = refusal(
            { kind: "chart", chart: { path: "none.tgz", values }, installer: machine },
            { caBundle: exampleCa, username: "robot$x", insecure: true, url: "http://harbor.site.test" },
        );
        for (const expected of [
            /harbor\.install\.installer: .*it is for the kind installer, not for chart/,
            /harbor\.install\.chart\.values\.harborAdminPassword: is given; the stack sets it itself/,
            /harbor\.install\.chart\.values\.database\.external\.password: is given; would stand in plain text/,
            /harbor\.caBundle: /,
            /harbor\.username: is "robot\$x"; allowed is admin/,
            /harbor\.insecure: is true/,
            /harbor\.url: .*allowed is https/,
        ])
            assert.match(message, expected);
        assert.ok(!message.includes("hunter2"));
    });

    it("need what their kind needs", () => {
        assert.match(refusal({ kind: "chart" }), /harbor\.install\.chart: is missing; the kind chart needs it/);
        assert.match(refusal({ kind: "installer" }), /harbor\.install\.installer: is missing/);
        assert.match(
            refusal({ kind: "chart", chart: { path: "none.tgz" } }),
            /harbor\.install\.chart\.path: is "none\.tgz", which is not there/,
        );
        assert.match(refusal(installer), /sshKeys: has no key for the machine harbor/);
        const secretOption = { ...machine, options: { external_redis: { password: "hunter2" }, hostname: "other" } };
        const message = refusal({ kind: "installer", installer: secretOption }, {}, { sshKeys });
        assert.match(message, /options\.external_redis\.password: is given; would stand in plain text/);
        assert.match(message, /options\.hostname: is given; the stack sets it itself/);
        assert.ok(!message.includes("hunter2"));
        assert.match(
            refusal({ kind: "installer", installer: { ...machine, hostKey: "AA:BB" } }, {}, { sshKeys }),
            /harbor\.install\.installer\.hostKey: is "AA:BB"; allowed is a public key/,
        );
        const short = { ...chart, certificate: { validityHours: 10, earlyRenewalHours: 20 } };
        assert.match(refusal(short), /certificate\.earlyRenewalHours: .*at most validityHours, 10/);
    });
});
