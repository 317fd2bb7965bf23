import { createHash } from "node:crypto";

import { publicKey } from "../../settings/schema/machine.ts";

/** A public key that an SSH server shows. */
export interface ScannedKey {
    /** `<kind> <base64>`, as the settings have it. */
    key: string;
    /** `SHA256:…`, as `ssh-keygen -l` shows it. */
    fingerprint: string;
}

/** In the order in which Go's clients, and so Pulumi's, ask for them. */
const order = ["ecdsa-", "ssh-ed25519", "ssh-rsa"];

/** The keys in what `ssh-keyscan` has printed, the one that the settings want first. */
export function scannedKeys(printed: string): ScannedKey[] {
    const rank = ({ key }: ScannedKey): number => order.findIndex((kind) => key.startsWith(kind));
    return printed
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("#"))
        .map((line) => line.split(" ").slice(1, 3).join(" "))
        .filter((key) => publicKey.test(key))
        .map((key) => ({ key, fingerprint: fingerprint(key) }))
        .sort((one, other) => rank(one) - rank(other));
}

/** OpenSSH's: base64 without padding of the SHA-256 of the key. */
function fingerprint(key: string): string {
    const digest = createHash("sha256").update(Buffer.from(key.split(" ")[1] ?? "", "base64"));
    return `SHA256:${digest.digest("base64").replace(/=+$/, "")}`;
}
