import { X509Certificate } from "node:crypto";

const block = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** The certificates in a PEM text, in their order. Throws where a block holds no certificate. */
export function certificatesIn(pem: string): X509Certificate[] {
    return (pem.match(block) ?? []).map((text) => new X509Certificate(text));
}

/** Certificates as PEM, without whatever else stood around them. */
export function pemOf(certificates: readonly X509Certificate[]): string {
    return certificates.map((one) => one.toString()).join("");
}

/** Whether a certificate is signed with the key that it names: a root, or a server's certificate by itself. */
export function isSelfSigned(certificate: X509Certificate): boolean {
    return certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey);
}

/** When the first of these certificates ends, RFC 3339. Throws where there is none. */
export function firstEnd(certificates: readonly X509Certificate[]): string {
    const ends = certificates.map((one) => one.validToDate.getTime());
    return rfc3339(new Date(Math.min(...ends)));
}

/** A moment as RFC 3339 writes it, to the second. */
export function rfc3339(moment: Date): string {
    return moment.toISOString().replace(/\.\d+Z$/, "Z");
}
