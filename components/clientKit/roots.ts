import { createHash, X509Certificate } from "node:crypto";

/** One root of a CA bundle, as the scripts need it. */
export interface Root {
    /** The certificate in PEM, laid out anew: 64 characters a line, nothing around it. Ends with a line break. */
    pem: string;
    /** SHA-256 of its DER form: 64 hexadecimal digits, lower case. */
    sha256: string;
    /** Whose certificate it is, on one line. */
    subject: string;
    /** When it begins, in seconds since 1970. */
    notBefore: number;
    /** When it ends, in seconds since 1970. */
    notAfter: number;
}

const block = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g;

/** The roots of a bundle, in its order. Throws where it holds none, or what is no certificate. */
export function rootsOf(caBundle: string): Root[] {
    const roots = derOf(caBundle).map(rootOf);
    if (roots.length === 0) throw new Error("caBundle: holds no certificate; allowed are one or more in PEM");
    return roots;
}

/**
 * Fingerprints as `openssl x509 -fingerprint -sha256` prints them: `AA:BB:…`, one for each root.
 * None for a bundle without certificates: a site whose certificate everybody trusts needs none.
 */
export function caFingerprints(caBundle: string): string[] {
    return derOf(caBundle).map((der) => withColons(sha256(der)));
}

/** A fingerprint as people compare it: pairs of digits, upper case, with colons. */
export function withColons(digest: string): string {
    return (digest.toUpperCase().match(/../g) ?? []).join(":");
}

function derOf(caBundle: string): Buffer[] {
    return [...caBundle.matchAll(block)].map((match) => Buffer.from(match[1] ?? "", "base64"));
}

function sha256(der: Buffer): string {
    return createHash("sha256").update(der).digest("hex");
}

function rootOf(der: Buffer): Root {
    const certificate = parsed(der);
    const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
    return {
        pem: ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n"),
        sha256: sha256(der),
        // Goes into text that people read: nothing that could end a line or act on a terminal.
        subject: certificate.subject.replaceAll("\n", ", ").replaceAll(/[^\x20-\x7e]/g, "?"),
        notBefore: seconds(certificate.validFrom),
        notAfter: seconds(certificate.validTo),
    };
}

function parsed(der: Buffer): X509Certificate {
    try {
        return new X509Certificate(der);
    } catch {
        throw new Error("caBundle: holds a certificate that cannot be read; allowed are certificates in PEM");
    }
}

function seconds(date: string): number {
    return Math.floor(Date.parse(date) / 1000);
}
