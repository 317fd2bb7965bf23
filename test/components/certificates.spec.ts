import assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import { readSettings } from "../../settings.ts";
import { buildSite, type SiteOutputs } from "../../site.ts";
import { makeCertificate, siteNames as names } from "../support/certificateMaker.ts";
import { configure } from "../support/configuration.ts";
import { find, underMocks, type Registered } from "../support/mocks.ts";

const types = {
    key: "tls:index/privateKey:PrivateKey",
    request: "tls:index/certRequest:CertRequest",
    root: "tls:index/selfSignedCert:SelfSignedCert",
    leaf: "tls:index/locallySignedCert:LocallySignedCert",
    secret: "kubernetes:core/v1:Secret",
};
const root = makeCertificate({ name: "Root", ca: true, to: new Date("2040-01-01T00:00:00Z") });
const middle = makeCertificate({ name: "Issuing", ca: true, issuer: root });
const leaf = makeCertificate({ name: "registry.example.org", issuer: middle, names });

interface Site {
    seen: Registered[];
    outputs: { caBundle: string; certificateExpiry: string; authorityExpiry: string };
}

/** A site with these certificates, and what it tells of them. */
async function site(
    certificate: Record<string, unknown>,
    certificates: Record<string, unknown> = {},
    computed: Record<string, Record<string, unknown>> = {},
): Promise<Site> {
    const registry = { host: "registry.example.org", certificate };
    configure({ registry, nodeTrust: { reachBy: "host" }, certificates }, ["certificates"]);
    let outputs: SiteOutputs = {};
    const seen = await underMocks(() => (outputs = buildSite(readSettings(), [])), computed);
    const { caBundle, certificateExpiry, authorityExpiry } = outputs;
    const told = await valueOf(pulumi.all({ caBundle, certificateExpiry, authorityExpiry }));
    return { seen, outputs: told as Site["outputs"] };
}

function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
    return new Promise((resolve) => output.apply(resolve));
}

function mountedSecret(seen: readonly Registered[]): string {
    const { spec } = find(seen, "kubernetes:apps/v1:Deployment", "registry-server").inputs as {
        spec: { template: { spec: { volumes: { name: string; secret?: { secretName: string } }[] } } };
    };
    return spec.template.spec.volumes.find(({ name }) => name === "certificate")?.secret?.secretName ?? "";
}

const namesOf = (seen: readonly Registered[], start: string): string[] =>
    seen.filter(({ type }) => type.startsWith(start)).map(({ name }) => name);

describe("an authority of our own", () => {
    it("keeps its subject, whatever the settings say later", async () => {
        const { seen } = await site({});
        const wanted = { commonName: "registry CA 1", organization: "siteregistry" };
        assert.deepEqual(find(seen, types.root, "registry-ca-1").inputs.subject, wanted);
        // What an update ignores counts in a replacement, so the certificate takes the subject from what is never replaced.
        const kept = { "registry-ca-1-subject": { subject: { commonName: "of the first day" } } };
        const later = await site({ authoritySubject: { commonName: "Another" } }, {}, kept);
        assert.deepEqual(find(later.seen, types.root, "registry-ca-1").inputs.subject, {
            commonName: "of the first day",
        });
    });

    it("is re-issued while every certificate under it still ends before it", async () => {
        const early = async (certificate: Record<string, unknown>): Promise<unknown> =>
            find((await site(certificate)).seen, types.root, "registry-ca-1").inputs.earlyRenewalHours;
        assert.equal(await early({}), 9528);
        assert.equal(await early({ caValidityHours: 9529 }), 4764);
        assert.equal(await early({ caEarlyRenewalHours: 12 }), 12);
    });

    for (const [algorithm, key, uses] of [
        ["ECDSA", { algorithm: "ECDSA", ecdsaCurve: "P256" }, ["digital_signature", "server_auth"]],
        ["RSA2048", { algorithm: "RSA", rsaBits: 2048 }, ["digital_signature", "key_encipherment", "server_auth"]],
        ["RSA4096", { algorithm: "RSA", rsaBits: 4096 }, ["digital_signature", "key_encipherment", "server_auth"]],
    ] as const) {
        it(`and its server have ${algorithm} keys, with the uses that such keys have`, async () => {
            const { seen } = await site({ algorithm });
            for (const name of ["registry-ca-1-key", "registry-server-key"])
                assert.deepEqual(find(seen, types.key, name).inputs, key);
            assert.deepEqual(find(seen, types.root, "registry-ca-1").inputs.allowedUses, [
                "cert_signing",
                "crl_signing",
            ]);
            assert.deepEqual(find(seen, types.leaf, "registry-server").inputs.allowedUses, uses);
        });
    }

    it("and its server have the subjects of the settings", async () => {
        const { seen } = await site({
            authoritySubject: { commonName: "Site CA", organization: "Site" },
            subject: { commonName: "Registry", organization: "Team" },
        });
        const wanted = { commonName: "Site CA", organization: "Site" };
        assert.deepEqual(find(seen, types.root, "registry-ca-1").inputs.subject, wanted);
        const server = find(seen, types.request, "registry-server-request").inputs.subject;
        assert.deepEqual(server, { commonName: "Registry", organization: "Team" });
    });
});

describe("a given authority", () => {
    it("signs in the place of our own, and what leads to its root is shown", async () => {
        const authority = { certificate: middle.certificate, key: middle.key };
        const given = await site({ mode: "givenAuthority", bundle: root.certificate }, { authority });
        const { seen, outputs } = given;
        assert.deepEqual(namesOf(seen, "tls:").sort(), [
            "registry-server",
            "registry-server-key",
            "registry-server-request",
        ]);
        const { inputs, secrets } = find(seen, types.leaf, "registry-server");
        assert.equal(inputs.caCertPem, middle.certificate);
        assert.equal(inputs.caPrivateKeyPem, middle.key);
        assert.deepEqual(secrets, ["caPrivateKeyPem"]);
        const { stringData } = find(seen, types.secret, "registry-certs").inputs as {
            stringData: Record<string, string>;
        };
        assert.equal(stringData["tls.crt"], `certificate of registry-server\n${middle.certificate}`);
        assert.equal(outputs.caBundle, root.certificate);
        assert.equal(outputs.authorityExpiry, "2040-01-01T00:00:00Z");
    });

    it("that is a root is what clients trust, and its key is secret wherever it stands", async () => {
        const { seen, outputs } = await site(
            { mode: "givenAuthority" },
            { authority: { certificate: root.certificate, key: root.key } },
        );
        assert.equal(outputs.caBundle, root.certificate);
        for (const one of seen) {
            const hidden = (path: string): boolean => one.secrets.some((secret) => path.startsWith(secret));
            assert.deepEqual(
                placesOf(one.inputs, root.key.trim()).filter((path) => !hidden(path)),
                [],
                one.name,
            );
        }
        // A component's arguments are stored as well: the key is there, and the engine hides all of `certificate` for it.
        assert.deepEqual(find(seen, "siteregistry:index:RegistryStack", "registry").secrets, ["certificate"]);
    });
});

describe("a given certificate", () => {
    it("is mounted as it is, and nothing is made", async () => {
        const { seen, outputs } = await site(
            { mode: "given", bundle: root.certificate },
            { server: { certificate: leaf.certificate + middle.certificate, key: leaf.key } },
        );
        assert.deepEqual(namesOf(seen, "tls:"), []);
        const { inputs, secrets } = find(seen, types.secret, "registry-certs");
        const expected = { "tls.crt": leaf.certificate + middle.certificate, "tls.key": leaf.key };
        assert.deepEqual(inputs.stringData, expected);
        assert.equal(
            secrets.some((path) => path.startsWith("stringData")),
            true,
        );
        assert.equal(mountedSecret(seen), "image-registry-certs");
        assert.equal(outputs.caBundle, root.certificate);
        assert.equal(outputs.certificateExpiry, "2046-01-01T00:00:00Z");
        assert.equal(outputs.authorityExpiry, "2040-01-01T00:00:00Z");
    });
});

describe("a certificate of cert-manager's", () => {
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    const filled = (ca: string) => ({
        "registry-issued": {
            metadata: { name: "image-registry-issued" },
            data: pulumi.secret({ "tls.crt": base64(leaf.certificate + middle.certificate), "ca.crt": base64(ca) }),
        },
    });
    const certificate = { mode: "certManager", issuer: { name: "site", kind: "ClusterIssuer" }, algorithm: "RSA2048" };

    it("is asked for with every name, waited for, and mounted", async () => {
        const { seen, outputs } = await site(certificate, {}, filled(root.certificate));
        assert.deepEqual(namesOf(seen, "tls:"), []);
        assert.equal(
            seen.some(({ name }) => name === "registry-certs"),
            false,
        );
        const asked = find(seen, "kubernetes:cert-manager.io/v1:Certificate", "registry-certificate").inputs as {
            metadata: { annotations: unknown; namespace: string };
            spec: Record<string, unknown>;
        };
        assert.deepEqual(asked.metadata.annotations, { "pulumi.com/waitFor": "condition=Ready" });
        assert.deepEqual(asked.spec, {
            secretName: "image-registry-issued",
            secretTemplate: { labels: (asked.spec.secretTemplate as { labels: unknown }).labels },
            issuerRef: { name: "site", kind: "ClusterIssuer", group: "cert-manager.io" },
            commonName: "registry.example.org",
            subject: { organizations: ["siteregistry"] },
            dnsNames: names,
            ipAddresses: ["10.96.7.7"],
            duration: "9528h0m0s",
            renewBefore: "720h0m0s",
            privateKey: { algorithm: "RSA", size: 2048, encoding: "PKCS8", rotationPolicy: "Never" },
            usages: ["digital signature", "key encipherment", "server auth"],
        });
        assert.equal(mountedSecret(seen), "image-registry-issued");
        assert.equal(outputs.caBundle, root.certificate);
        assert.equal(outputs.certificateExpiry, "2046-01-01T00:00:00Z");
        assert.equal(outputs.authorityExpiry, "2040-01-01T00:00:00Z");
    });

    it("takes the roots of the settings where its Secret has none", async () => {
        const { outputs } = await site({ ...certificate, bundle: root.certificate }, {}, filled(""));
        assert.equal(outputs.caBundle, root.certificate);
    });

    it("stops the run where nobody tells the root", async () => {
        configure({ registry: { host: "registry.example.org", certificate }, nodeTrust: {} });
        await assert.rejects(
            underMocks(() => buildSite(readSettings(), []), filled("")),
            (error: AggregateError) => /has no root in ca\.crt: set certificate\.bundle/.test(String(error.errors[0])),
        );
    });
});

/** Paths of the texts that hold a text. */
function placesOf(value: unknown, text: string, path = ""): string[] {
    if (typeof value === "string") return value.includes(text) ? [path] : [];
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, item]) => placesOf(item, text, path === "" ? key : `${path}.${key}`));
}
