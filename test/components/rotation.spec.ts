import assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import { readSettings } from "../../settings.ts";
import type { RotationFacts } from "../../settings/rotationChange.ts";
import { buildSite, type SiteOutputs } from "../../site.ts";
import { makeCertificate } from "../support/certificateMaker.ts";
import { configure } from "../support/configuration.ts";
import { find, underMocks, type Registered } from "../support/mocks.ts";

const types = {
    root: "tls:index/selfSignedCert:SelfSignedCert",
    leaf: "tls:index/locallySignedCert:LocallySignedCert",
    bundle: "kubernetes:core/v1:ConfigMap",
};
const made = (number: number, end: string) => {
    const { certificate } = makeCertificate({ name: `registry CA ${number.toString()}`, ca: true });
    return { certPem: certificate, validityEndTime: end };
};
/** What the plugin makes of two generations. The second ends first, in another zone. */
const computed = {
    "registry-ca-1": made(1, "2040-01-01T00:30:00+01:00"),
    "registry-ca-2": made(2, "2039-12-31T23:00:00Z"),
};
const pems = { "1": computed["registry-ca-1"].certPem, "2": computed["registry-ca-2"].certPem };

interface Site {
    seen: Registered[];
    outputs: Record<string, unknown>;
}

async function site(certificate: Record<string, unknown>, before?: RotationFacts): Promise<Site> {
    configure({ registry: { host: "registry.example.org", certificate }, nodeTrust: {}, clientKit: {} });
    let outputs: SiteOutputs = {};
    const seen = await underMocks(() => (outputs = buildSite(readSettings(), [], { rotation: before })), computed);
    // Its parts may be missing, which the types of `all` know nothing of.
    const told = pulumi.output(outputs as Record<string, unknown>) as unknown as pulumi.Output<Record<string, unknown>>;
    return { seen, outputs: await new Promise((resolve) => told.apply(resolve)) };
}

const authorities = (seen: readonly Registered[]): string[] =>
    seen.map(({ name }) => name).filter((name) => name.startsWith("registry-ca-"));

describe("generations of an authority", () => {
    it("are each a set of resources of its own, and one signs", async () => {
        for (const signing of [1, 2] as const) {
            const { seen } = await site({ ca: { trusted: [1, 2], signing } });
            assert.deepEqual(
                authorities(seen).sort(),
                ["registry-ca-1", "registry-ca-1-key", "registry-ca-1-subject"]
                    .flatMap((name) => [name, name.replace("-1", "-2")])
                    .sort(),
            );
            const { inputs } = find(seen, types.leaf, "registry-server");
            assert.equal(inputs.caCertPem, pems[signing]);
            assert.equal(inputs.caPrivateKeyPem, `key of registry-ca-${signing.toString()}-key`);
        }
    });

    it("are the first alone where nothing is said, under the names of the first day", async () => {
        const silent = await site({});
        const said = await site({ ca: { trusted: [1], signing: 1 } });
        assert.deepEqual(authorities(silent.seen), authorities(said.seen));
        assert.equal(authorities(silent.seen).length, 3);
        assert.equal(silent.outputs.caBundle, pems["1"]);
        assert.deepEqual(silent.outputs.authorityRotation, { signing: 1, highest: 1 });
    });

    it("go with what is theirs when they are no longer trusted", async () => {
        const { seen, outputs } = await site({ ca: { trusted: [2], signing: 2 } });
        assert.deepEqual(authorities(seen).sort(), ["registry-ca-2", "registry-ca-2-key", "registry-ca-2-subject"]);
        assert.deepEqual(outputs.certificateAuthorities, { "2": pems["2"] });
    });

    it("are all trusted: by nodes, clients and what the stack tells", async () => {
        const { seen, outputs } = await site({ ca: { trusted: [1, 2], signing: 1 } });
        const all = pems["1"] + pems["2"];
        assert.equal(outputs.caBundle, all);
        assert.deepEqual(outputs.certificateAuthorities, pems);
        assert.equal((outputs.caFingerprints as string[]).length, 2);
        assert.equal(outputs.authorityExpiry, computed["registry-ca-2"].validityEndTime);
        const { data } = find(seen, types.bundle, "node-trust-bundle").inputs as { data: Record<string, string> };
        assert.deepEqual(
            Object.entries(data).flatMap(([key, text]) => (key.endsWith(".crt") ? [text] : [])),
            [all],
        );
        const kit = seen.filter(({ type, name }) => type === types.bundle && name.startsWith("client-kit"));
        assert.ok(kit.length > 0);
        for (const pem of Object.values(pems)) {
            const [line = ""] = pem.split("\n").slice(2);
            assert.ok(
                kit.some(({ inputs }) => JSON.stringify(inputs).includes(line)),
                "the client kit lacks a root",
            );
        }
    });

    it("have names of their own", async () => {
        const ca = { trusted: [1, 2, 30], signing: 1 };
        const names = (seen: readonly Registered[]): unknown[] =>
            seen
                .filter(({ type }) => type === types.root)
                .map(({ inputs }) => (inputs.subject as { commonName: string }).commonName);
        assert.deepEqual(names((await site({ ca })).seen), ["registry CA 1", "registry CA 2", "registry CA 30"]);
        const given = await site({ ca, authoritySubject: { commonName: "Site CA" } });
        assert.deepEqual(names(given.seen), ["Site CA", "Site CA 2", "Site CA 30"]);
        const long = await site({ ca, authoritySubject: { commonName: "a".repeat(64) } });
        assert.deepEqual(names(long.seen), ["a".repeat(64), `${"a".repeat(62)} 2`, `${"a".repeat(61)} 30`]);
    });

    it("remember the highest number that there was", async () => {
        const before = { roots: pems, signing: 2, highest: 7 };
        const { outputs } = await site({ ca: { trusted: [2], signing: 2 } }, before);
        assert.deepEqual(outputs.authorityRotation, { signing: 2, highest: 7 });
    });

    it("are none where the authority is somebody else's", async () => {
        const root = makeCertificate({ name: "Root", ca: true });
        configure(
            {
                registry: { host: "registry.example.org", certificate: { mode: "givenAuthority" } },
                nodeTrust: {},
                certificates: { authority: { certificate: root.certificate, key: root.key } },
            },
            ["certificates"],
        );
        let outputs: SiteOutputs = {};
        await underMocks(() => (outputs = buildSite(readSettings(), [])));
        assert.equal("certificateAuthorities" in outputs, false);
        assert.equal("authorityRotation" in outputs, false);
    });
});
