import type * as tls from "@pulumi/tls";

/** Kinds of keys: ECDSA is on the curve P-256, the number after RSA is its bits. */
export const keyAlgorithms = ["ECDSA", "RSA2048", "RSA4096"] as const;
/** One of {@link keyAlgorithms}. */
export type KeyAlgorithm = (typeof keyAlgorithms)[number];

/** What makes a key of that kind. */
export function privateKeyArgs(algorithm: KeyAlgorithm): tls.PrivateKeyArgs {
    if (algorithm === "ECDSA") return { algorithm: "ECDSA", ecdsaCurve: "P256" };
    return { algorithm: "RSA", rsaBits: rsaBits(algorithm) };
}

/**
 * What a server's certificate may be used for: to sign in the handshake, and, where the key can do it, to take the
 * client's secret in the key exchange of TLS 1.2 without forward secrecy (RFC 5280, 4.2.1.3 and 4.2.1.12).
 */
export function serverUses(algorithm: KeyAlgorithm): string[] {
    const keyUses = algorithm === "ECDSA" ? ["digital_signature"] : ["digital_signature", "key_encipherment"];
    return [...keyUses, "server_auth"];
}

/** Bits of a key of that kind. */
export function rsaBits(algorithm: Exclude<KeyAlgorithm, "ECDSA">): number {
    return algorithm === "RSA2048" ? 2048 : 4096;
}
