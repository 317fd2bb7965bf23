import { isRecord } from "./record.ts";
import { keyOfAll } from "./schema/machine.ts";

const remedy = `set it with: npx pulumi config set --secret --path 'sshKeys["<machine>"]' < <file of the key>`;

/**
 * Every mistake in the private keys for SSH, none of which shows one.
 * `given` is the key `sshKeys` as it was read: PEM by name of a machine, `default` for all that have none of their own.
 */
export function checkSshKeys(given: unknown, hosts: readonly { readonly name: string }[]): string[] {
    if (given === undefined) return hosts.length === 0 ? [] : hosts.map(({ name }) => missing(name));
    if (!isRecord(given)) return [`sshKeys: must map names of machines to private keys; ${remedy}`];
    const names = hosts.map(({ name }) => name);
    return [
        ...Object.entries(given).flatMap(([name, key]) => keyProblem(`sshKeys.${name}`, key)),
        ...Object.keys(given)
            .filter((name) => name !== keyOfAll && !names.includes(name))
            .map((name) => `sshKeys.${name}: no such machine; known are ${names.join(", ") || "none"}`),
        ...names.filter((name) => !(name in given) && !(keyOfAll in given)).map(missing),
    ];
}

/** Whose key the machine has that a Harbor is installed on. */
export const keyOfHarbor = "harbor";

/** The private key for a machine: its own, else the one for all. */
export function sshKeyFor(keys: Readonly<Record<string, string>>, host: string): string {
    return keys[host] ?? keys[keyOfAll] ?? "";
}

function missing(name: string): string {
    return `sshKeys: has no key for the machine ${name} and no ${keyOfAll}; ${remedy}`;
}

function keyProblem(key: string, value: unknown): string[] {
    const pem =
        typeof value === "string" ? /^-----BEGIN ([A-Z ]*)PRIVATE KEY-----\n([^]+?)\n-----END /.exec(value) : null;
    if (pem === null) return [`${key}: must be a private key in PEM form, with its line breaks; ${remedy}`];
    const [, kind = "", body = ""] = pem;
    // The older forms say so in their first line, or in a header.
    const locked = kind.startsWith("ENCRYPTED") || body.includes(",ENCRYPTED") || lockedByOpenSsh(kind, body);
    if (!locked) return [];
    return [`${key}: is behind a passphrase, which nobody can be asked for; take it off with: ssh-keygen -p -f <file>`];
}

/** OpenSSH's own form names the cipher right after its magic and a length; `none` is no passphrase. */
function lockedByOpenSsh(kind: string, body: string): boolean {
    if (kind !== "OPENSSH ") return false;
    const magic = "openssh-key-v1\0".length;
    const content = Buffer.from(body, "base64");
    return content.subarray(magic + 4, magic + 8).toString() !== "none";
}
