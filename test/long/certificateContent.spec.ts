import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";

import { below, CertificateSite } from "../support/certificateSite.ts";

describe("the registry's certificates on the lab", () => {
    let site: CertificateSite;
    let outputs: Record<string, string>;
    let leaf: string;

    before(async () => {
        site = await CertificateSite.make("certs");
        outputs = await site.up({});
        leaf = await site.mounted("tls.crt");
    });

    after(async () => {
        await site.remove();
    });

    it("say what they are for, and nothing else", async () => {
        const server = await site.described(leaf);
        assert.equal(below(server, "X509v3 Key Usage: critical"), "Digital Signature");
        assert.equal(below(server, "X509v3 Extended Key Usage:"), "TLS Web Server Authentication");
        assert.equal(below(server, "X509v3 Basic Constraints: critical"), "CA:FALSE");
        assert.match(server, /Public Key Algorithm: id-ecPublicKey[\s\S]*NIST CURVE: P-256/);
        const authority = await site.described(outputs.caBundle ?? "");
        assert.equal(below(authority, "X509v3 Key Usage: critical"), "Certificate Sign, CRL Sign");
        assert.equal(below(authority, "X509v3 Basic Constraints: critical"), "CA:TRUE, pathlen:0");
        assert.equal(authority.includes("Extended Key Usage"), false);
    });

    it("name the host, the four names of the Service and its address", async () => {
        const { name, host } = site;
        const address = await site.kubectl(["-n", name, "get", "service", name, "-o", "jsonpath={.spec.clusterIP}"]);
        const names = [host, name, `${name}.${name}`, `${name}.${name}.svc`, `${name}.${name}.svc.cluster.local`];
        const expected = [...names.map((one) => `DNS:${one}`), `IP Address:${address}`].join(", ");
        assert.equal(below(await site.described(leaf), "X509v3 Subject Alternative Name:"), expected);
    });

    it("have ends that the stack tells", () => {
        const endOf = (pem: string): number => new X509Certificate(pem).validToDate.getTime();
        assert.equal(Date.parse(outputs.certificateExpiry ?? ""), endOf(leaf));
        assert.equal(Date.parse(outputs.authorityExpiry ?? ""), endOf(outputs.caBundle ?? ""));
    });

    it("get a server key of another kind, while key and subject of the authority stay", async () => {
        const other = { algorithm: "RSA2048", authoritySubject: { commonName: "Another", organization: "another" } };
        const touched = new Set((await site.planned(other)).map(({ name }) => name));
        assert.deepEqual(touched, new Set(["registry-server", "registry-server-key", "registry-server-request"]));
    });
});
