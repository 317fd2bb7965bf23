import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";

import { readSettings } from "../../settings.ts";
import { secretKeys } from "../../settings/schema.ts";
import { buildSite } from "../../site.ts";
import { configure } from "../support/configuration.ts";
import { exampleCa, otherCa } from "../support/exampleCa.ts";
import { FakeNode } from "../support/fakeNode.ts";
import { find, underMocks, type Registered } from "../support/mocks.ts";

const host = "harbor.site.test:8443";
const registry = { host: "registry.example.org", proof: { enabled: false } };

/** Every resource of a site with a Harbor, whose root is another one than the stack's own. */
async function site(nodeTrust: object, more: Record<string, unknown> = {}): Promise<Registered[]> {
    const harbor = { url: `https://${host}`, caBundle: otherCa };
    configure({ harbor, harborCredentials: { admin: "hunter2" }, nodeTrust, ...more }, [...secretKeys]);
    return underMocks(() => buildSite(readSettings(), []));
}

/** What a ConfigMap holds. */
function held(seen: readonly Registered[], name: string): Record<string, string> {
    return find(seen, "kubernetes:core/v1:ConfigMap", name).inputs.data as Record<string, string>;
}

function reads(text: string, part: string): boolean {
    return text.replace(/\s/g, "").includes(part.replace(/\s/g, ""));
}

describe("nodes that trust a Harbor", () => {
    const store = { mode: "systemStore", reachBy: "host" };

    it("have its address and its root among their files, beside the registry's or alone", async () => {
        for (const more of [{}, { registry }]) {
            const seen = await site({ reachBy: "host" }, more);
            const text = JSON.stringify(seen.filter(({ name }) => name.startsWith("node-trust")));
            assert.ok(text.includes(`https://${host}`), text);
            assert.ok(reads(text.replaceAll("\\n", "\n"), otherCa.trim()));
            assert.equal(text.includes("registry.example.org"), "registry" in more);
        }
    });

    it("have its root in their certificate store, and lose it with everything else", async () => {
        const entries = [{ host: "harbor.site.test", address: "192.0.2.5" }];
        const seen = await site({ ...store, hostsEntries: entries });
        const roots = held(seen, "node-trust-system-ca")["ca.crt"] ?? "";
        const node = new FakeNode();
        const before = node.files();
        const setup = node.path("given.sh");
        writeFileSync(setup, held(seen, "node-trust-system-script")["setup.sh"] ?? "");
        const given = { SETUP: setup, TRUSTED_CERT: roots, ...environment(seen) };
        assert.equal(node.run("apply", given).report.status, "applied");
        const files = node.files();
        const [root = "", ...others] = Object.entries(files).flatMap(([name, text]) =>
            name.startsWith("usr/local/share/ca-certificates/") ? [text] : [],
        );
        assert.equal(root.trim(), otherCa.trim());
        assert.deepEqual(others, []);
        assert.match(files["etc/hosts"] ?? "", /^192\.0\.2\.5 harbor\.site\.test$/m);
        assert.deepEqual(node.asked(), ["update-ca-certificates ", "systemctl restart containerd"]);
        assert.equal(node.run("apply", given).report.status, "applied");
        assert.deepEqual(node.asked(), []);
        assert.equal(node.run("remove", given).report.status, "removed");
        assert.deepEqual(node.files(), before);
    });

    it("have both roots in it where there is a registry too", async () => {
        const roots = held(await site(store, { registry }), "node-trust-system-ca")["ca.crt"] ?? "";
        const node = new FakeNode();
        node.run("apply", { TRUSTED_CERT: roots });
        const texts = Object.values(node.files()).map((text) => text.trim());
        for (const root of [exampleCa, otherCa]) assert.ok(texts.includes(root.trim()));
    });
});

/** What the container that does the work is told in plain words. */
function environment(seen: readonly Registered[]): Record<string, string> {
    const { spec } = find(seen, "kubernetes:apps/v1:DaemonSet", "node-trust-system-agent").inputs as {
        spec: { template: { spec: { initContainers: { env: { name: string; value?: string }[] }[] } } };
    };
    const env = spec.template.spec.initContainers[0]?.env ?? [];
    return Object.fromEntries(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
}
