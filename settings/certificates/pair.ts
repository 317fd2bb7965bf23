import { createPrivateKey } from "node:crypto";

/** A certificate and its key as they are given. */
export interface KeyPair {
    /** PEM, one or more certificates. */
    certificate: string;
    /** PEM. */
    key: string;
}

/** What is wrong with the form of a pair, or nothing. */
export function isPair(name: string, value: unknown, remedy: string): string[] {
    if (typeof value !== "object" || value === null || Array.isArray(value))
        return [`${name}: must have certificate and key, each PEM`];
    const known = ["certificate", "key"];
    const problems = Object.keys(value)
        .filter((key) => !known.includes(key))
        .map((key) => `${name}.${key}: no such member; known are ${known.join(", ")}`);
    for (const key of known) {
        const text = (value as Record<string, unknown>)[key];
        if (text === undefined) {
            const other = key === "key" ? "certificate" : "key";
            problems.push(
                `${name}.${key}: is missing; the ${other} alone is of no use: ${remedy}${name.slice(12)}.${key}`,
            );
        } else if (typeof text !== "string") problems.push(`${name}.${key}: must be PEM text`);
    }
    return problems;
}

/** The same key in the one form that everything here reads: PKCS#8, PEM. Throws where there is none. */
export function normalKey(pem: string): string {
    return createPrivateKey(pem).export({ type: "pkcs8", format: "pem" }).toString();
}
