import assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import { readSettings } from "../../settings.ts";
import { makeCertificate, siteNames as names, type Made, type Wanted } from "../support/certificateMaker.ts";
import { configure } from "../support/configuration.ts";

const root = makeCertificate({ name: "Root", ca: true });
const middle = makeCertificate({ name: "Issuing", ca: true, issuer: root });
const leaf = makeCertificate({ name: "registry.example.org", issuer: root, names });

const pair = ({ certificate, key }: Made) => ({ certificate, key });

/** The lines of the one error that these certificates give. Whatever it says, it shows no key. */
function mistakes(
    certificate: Record<string, unknown>,
    certificates?: unknown,
    nodeTrust = { reachBy: "host" },
): string[] {
    const registry = { host: "registry.example.org", certificate };
    const given = certificates === undefined ? {} : { certificates };
    configure({ registry, nodeTrust, ...given }, ["certificates"]);
    try {
        readSettings();
        return [];
    } catch (error) {
        assert.ok(pulumi.RunError.isInstance(error), String(error));
        assert.doesNotMatch(error.message, /PRIVATE KEY-----\n/);
        for (const key of keysIn(certificates)) assert.equal(error.message.includes(key), false, "a key shows");
        return error.message.split("\n  ").slice(1);
    }
}

/** A telling line of each key in a given value. */
function keysIn(value: unknown): string[] {
    return [...JSON.stringify(value ?? {}).matchAll(/BEGIN [A-Z ]*PRIVATE KEY-----\\n([^\\]{30,})\\n/g)].map(
        ([, line]) => line ?? "",
    );
}

const authority = (given: unknown, more: Record<string, unknown> = {}): string[] =>
    mistakes({ mode: "givenAuthority", ...more }, { authority: given });
const server = (given: unknown, bundle = root.certificate): string[] =>
    mistakes({ mode: "given", bundle }, { server: given });
const authorityLike = (wanted: Partial<Wanted>): string[] =>
    authority(pair(makeCertificate({ name: "Odd", ca: true, ...wanted })));
const serverLike = (wanted: Partial<Wanted>): string[] =>
    server(pair(makeCertificate({ name: "registry.example.org", issuer: root, names, ...wanted })));

function only(lines: readonly string[], pattern: RegExp): void {
    assert.equal(lines.length, 1, lines.join("\n"));
    assert.match(lines[0] ?? "", pattern);
}

describe("a given authority", () => {
    it("is taken, and its key is secret while its certificate is not", async () => {
        assert.deepEqual(authority(pair(root)), []);
        const { certificates } = readSettings();
        assert.equal(certificates.authority?.certificate, root.certificate);
        assert.equal(await pulumi.isSecret(certificates.authority.key), true);
    });

    it("may be issued by another, with the roots that clients trust", () => {
        assert.deepEqual(authority(pair(middle), { bundle: root.certificate }), []);
        only(authority(pair(middle)), /^registry\.certificate\.bundle: is missing; the given authority is no root/);
        only(
            authority(pair(middle), { bundle: makeCertificate({ name: "Stranger", ca: true }).certificate }),
            /^certificates\.authority\.certificate: .*CN=Issuing is signed by CN=Root, which neither/,
        );
    });

    it("is refused without its key, or with that of another", () => {
        only(
            authority({ certificate: root.certificate }),
            /^certificates\.authority\.key: is missing; the certificate alone is/,
        );
        only(authority({ ...pair(root), key: leaf.key }), /^certificates\.authority\.key: does not fit .*CN=Root/);
        only(
            authority({ ...pair(root), key: "nonsense" }),
            /^certificates\.authority\.key: is no private key; allowed is PEM/,
        );
        const passphrase = { cipher: "aes-256-cbc", passphrase: "x", type: "pkcs8", format: "pem" } as const;
        const sealed = root.privateKey.export(passphrase).toString();
        only(authority({ ...pair(root), key: sealed }), /^certificates\.authority\.key: is encrypted; .*openssl pkey/);
    });

    it("is refused where it ended, and where the clock is behind it", () => {
        only(
            authorityLike({ to: new Date("2021-01-01T00:00:00Z") }),
            /^certificates\.authority\.certificate: .*CN=Odd ended at 2021-01-01T00:00:00Z, and the clock of this machine says \d{4}-/,
        );
        only(
            authorityLike({ from: new Date("2045-01-01T00:00:00Z") }),
            /CN=Odd begins at 2045-01-01T00:00:00Z, and the clock of this machine says \d{4}-.*: set the clock, or wait$/,
        );
    });

    it("is refused where it is none, or too weak", () => {
        only(authorityLike({ ca: false }), /CN=Odd is no authority/);
        only(authorityLike({ key: "rsa1024" }), /has an RSA key of 1024 bits; allowed are 2048 or more/);
        only(authorityLike({ key: "secp256k1" }), /has a key of kind secp256k1; allowed are RSA, ECDSA/);
        only(authorityLike({ digest: "sha1" }), /is signed with SHA-1; allowed is SHA-256 or better/);
        only(authorityLike({ key: "rsa2048", digest: "sha1" }), /is signed with SHA-1/);
        only(authorityLike({ key: "rsa2048", digest: "md5" }), /is signed with MD5/);
        assert.deepEqual(authorityLike({ key: "rsa2048" }), []);
    });

    it("is refused where it is not used, and where it is missing", () => {
        only(
            mistakes({}, { authority: pair(root) }),
            /^certificates\.authority: is not used: registry\.certificate\.mode is own, and givenAuthority/,
        );
        only(
            mistakes({ mode: "givenAuthority" }),
            /^certificates\.authority: is missing; mode givenAuthority needs it/,
        );
        only(mistakes({}, { root: pair(root) }), /^certificates\.root: no such member; known are authority, server$/);
        only(mistakes({}, root.key), /^certificates: must have authority or server/);
    });
});

describe("a given certificate", () => {
    it("is taken with the root that signed it, or with what leads to it", () => {
        assert.deepEqual(server(pair(leaf)), []);
        const far = makeCertificate({ name: "registry.example.org", issuer: middle, names });
        assert.deepEqual(server({ ...pair(far), certificate: far.certificate + middle.certificate }), []);
        only(
            server(pair(far)),
            /CN=registry\.example\.org is signed by CN=Issuing, which neither follows it nor is in registry/,
        );
    });

    it("is refused where it lacks a name, and says all that lack", () => {
        only(
            serverLike({ names: ["registry.example.org", "image-registry"] }),
            /does not name image-registry\.kube-infra, image-registry\.kube-infra\.svc, image-registry\.kube-infra\.svc\.cluster\.local; allowed is/,
        );
        assert.deepEqual(serverLike({ names: ["*.example.org", ...names.slice(1)] }), []);
    });

    it("is refused for all that is wrong with any certificate", () => {
        only(serverLike({ to: new Date("2021-01-01T00:00:00Z") }), /ended at 2021/);
        only(serverLike({ from: new Date("2045-01-01T00:00:00Z") }), /begins at 2045/);
        only(serverLike({ key: "rsa1024" }), /1024 bits/);
        only(serverLike({ digest: "sha1" }), /SHA-1/);
        only(serverLike({ use: "1.3.6.1.5.5.7.3.2" }), /is not for servers: serverAuth is not among its uses/);
        only(server({ ...pair(leaf), key: root.key }), /^certificates\.server\.key: does not fit/);
        only(server({ key: leaf.key }), /^certificates\.server\.certificate: is missing; the key alone/);
        only(
            server({ ...pair(leaf), certificate: "none" }),
            /^certificates\.server\.certificate: holds no certificate/,
        );
    });

    it("needs the roots, and they may hold no key", () => {
        only(mistakes({ mode: "given" }, { server: pair(leaf) }), /^registry\.certificate\.bundle: is missing/);
        only(server(pair(leaf), root.certificate + root.key), /^registry\.certificate\.bundle: holds a private key/);
        only(server(pair(leaf), "none"), /^registry\.certificate\.bundle: holds no certificate/);
        only(mistakes({ bundle: root.certificate }), /^registry\.certificate\.bundle: the mode own makes its own root/);
    });

    it("cannot be reached by an address that it does not name", () => {
        const given = { server: pair(leaf) };
        only(
            mistakes({ mode: "given", bundle: root.certificate }, given, { reachBy: "clusterAddress" }),
            /^nodeTrust\.reachBy: is "clusterAddress"; a given certificate cannot name/,
        );
    });
});

describe("settings of certificates", () => {
    it("fit together", () => {
        only(
            mistakes({ earlyRenewalHours: 9529 }),
            /^registry\.certificate\.earlyRenewalHours: is 9529; allowed is at most/,
        );
        assert.deepEqual(mistakes({ earlyRenewalHours: 9528 }), []);
        only(mistakes({ caEarlyRenewalHours: 87_601 }), /^registry\.certificate\.caEarlyRenewalHours: is 87601/);
        only(
            mistakes({ mode: "certManager" }),
            /^registry\.certificate\.issuer: is missing; the mode certManager needs one/,
        );
        only(mistakes({ issuer: { name: "site" } }), /^registry\.certificate\.issuer: .*remove it/);
        only(mistakes({ algorithm: "RSA1024" }), /^registry\.certificate\.algorithm: is "RSA1024"/);
        only(
            mistakes({ subject: { commonName: "x".repeat(65) } }),
            /^registry\.certificate\.subject\.commonName: .*1 to 64/,
        );
    });

    it("never show a bundle, which somebody may have put a key into", () => {
        const lines = mistakes({ mode: "given", bundle: root.key, earlyRenewalHours: 9529 }, { server: pair(leaf) });
        assert.equal(lines.join("\n").includes(root.key.split("\n")[1] ?? ""), false);
    });
});
