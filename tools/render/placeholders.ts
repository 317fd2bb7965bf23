import { createHash } from "node:crypto";

import * as pulumi from "@pulumi/pulumi";

import type { Settings } from "../../settings.ts";
import type { OtherSites } from "../../site/sites.ts";

/** Says of a text, and of the subject of a certificate, that only an update makes the real one. */
export const unknown = "not known before pulumi up";

/** A certificate of that subject, whose key nobody has, valid from 2024 to 2122. */
export const placeholderCertificate = `-----BEGIN CERTIFICATE-----
MIIBfTCCASOgAwIBAgIBATAKBggqhkjOPQQDAjAlMSMwIQYDVQQDDBpub3Qga25v
d24gYmVmb3JlIHB1bHVtaSB1cDAgFw0yNDAxMDEwMDAwMDBaGA8yMTIzMDEwMTAw
MDAwMFowJTEjMCEGA1UEAwwabm90IGtub3duIGJlZm9yZSBwdWx1bWkgdXAwWTAT
BgcqhkjOPQIBBggqhkjOPQMBBwNCAASPVCtq0neEGgc8eeaQ6REQdxOnCn0/i3vP
oDEG62D5+eiTRRIqoG8zNmWuPbGhyjroZrkDw2vTlKPFwM+rW1Omo0IwQDAPBgNV
HRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwIBBjAdBgNVHQ4EFgQUTZw4HXMOkh2g
j0SUBXkTCdJgdgkwCgYIKoZIzj0EAwIDSAAwRQIhAJNt7KgT/CYkR89h8UsZ99/Y
Q2gUgPrCFPj22boyBP82AiAK6FbKBcxrmOXmpmDOXqhPTYbucm3audcFMhS4V3jo
qw==
-----END CERTIFICATE-----
`;

/** An address for documentation (RFC 5737), in the place of a Service's. */
export const placeholderAddress = "192.0.2.1";
/** The same in the place of a load balancer's. */
const placeholderOutside = "203.0.113.1";
const farOff = "2122-12-31T00:00:00Z";

/**
 * What stands for the outputs that only the real providers compute: of the form that the real ones have, so that what is made
 * of them is valid, and the same in every run.
 */
export function placeholders(type: string, name: string): Record<string, unknown> {
    const hex = createHash("sha256").update(name).digest("hex");
    switch (type) {
        case "kubernetes:core/v1:Service":
            return {
                spec: { clusterIP: placeholderAddress },
                status: { loadBalancer: { ingress: [{ ip: placeholderOutside }] } },
            };
        case "kubernetes:core/v1:PersistentVolumeClaim":
            return name.endsWith("-bound") ? { spec: { volumeName: "not-known-before-pulumi-up" } } : {};
        case "kubernetes:core/v1:Secret":
            // What cert-manager has put into its own, which the program reads.
            return name.endsWith("-issued") ? { metadata: { name }, data: issued() } : {};
        case "random:index/randomPassword:RandomPassword":
            // A salt has to look like one.
            return { result: pulumi.secret(name.includes("-salt-") ? hex.slice(0, 22) : `${name}: ${unknown}`) };
        case "random:index/randomId:RandomId":
            return { hex: hex.slice(0, 8) };
        case "tls:index/privateKey:PrivateKey":
            return { privateKeyPem: pulumi.secret(placeholderKey(`${name}: ${unknown}`)) };
        case "tls:index/certRequest:CertRequest":
            return { certRequestPem: pem("CERTIFICATE REQUEST", `${name}: ${unknown}`) };
        case "tls:index/selfSignedCert:SelfSignedCert":
        case "tls:index/locallySignedCert:LocallySignedCert":
            return { certPem: placeholderCertificate, validityEndTime: farOff };
        case "siteregistry:index:SeededImages":
            return { images: [] };
        case "siteregistry:index:MachineImages":
            return { brought: [] };
        case "siteregistry:index:OkdRegistryStatus":
            return { hosts: {}, routerCaBundle: placeholderCertificate, routerCaFrom: unknown };
        case "siteregistry:index:OkdToken":
            return { token: pulumi.secret(`${name}: ${unknown}`), expiresAt: farOff };
        case "siteregistry:index:QuayReadiness":
            return { host: unknown, url: unknown, version: unknown, caBundle: placeholderCertificate };
        default:
            return {};
    }
}

/** What stands for what other sites' stacks tell. */
export function placeholderSites({ sites }: Settings): OtherSites {
    return Object.fromEntries(
        sites.map(({ name }) => {
            const host = `${name}.not-known-before-pulumi-up`;
            const caBundle = pulumi.output(placeholderCertificate);
            const login = (user: string) => ({
                user: pulumi.output(user),
                password: pulumi.secret(`${name}: ${unknown}`),
            });
            return [name, { host, url: `https://${host}`, caBundle, login }];
        }),
    );
}

function issued(): Record<string, string> {
    const certificate = Buffer.from(placeholderCertificate).toString("base64");
    return { "tls.crt": certificate, "ca.crt": certificate };
}

/** A private key in PEM form as far as its lines go. It holds `content` and no key. */
export function placeholderKey(content: string): string {
    return pem("PRIVATE KEY", content);
}

function pem(label: string, content: string): string {
    return `-----BEGIN ${label}-----\n${Buffer.from(content).toString("base64")}\n-----END ${label}-----\n`;
}
