import { readFileSync } from "node:fs";
import { join } from "node:path";

import { powershellScript } from "./powershell.ts";
import { readme } from "./readme.ts";
import { rootsOf, type Root } from "./roots.ts";

/** What a kit is made for. */
export interface KitArgs {
    /** Registries as image references name them, `host` or `host:port`, the main one first. At least one. */
    hosts: readonly string[];
    /** Roots to believe there, PEM, one or more. */
    caBundle: string;
}

/** What a kit for registries without TLS is made for. */
export type PlainKitArgs = Pick<KitArgs, "hosts">;

/** A kit: the text of each file by its name. Holds no secret. */
export type Kit = Record<string, string>;

/** What a script is filled with. */
export interface Filling {
    /** Registries, checked. */
    hosts: readonly string[];
    /** Roots, in the order of the bundle. */
    roots: readonly Root[];
    /** Tells this kit's things on a machine from those of other kits: the main host, fit for a file name. */
    id: string;
}

const parts = {
    Linux: ["clients-linux", "system-linux", "check-linux"],
    macOS: ["clients-macos", "system-macos"],
} as const;
const shared = ["common", "fingerprint", "ledger", "undo", "hosts", "server", "insecure", "login", "check"];

/**
 * The scripts for machines outside the cluster. The same arguments give the same texts.
 * Throws where a host is none, or the bundle holds no certificate: both end up in scripts that run with sudo.
 */
export function renderKit(args: KitArgs): Kit {
    const filling = fillingOf(args);
    return {
        "README.txt": readme(filling),
        "ca.crt": bundleOf(filling),
        "trust-registry-macos.sh": shellScript("macOS", filling),
        "trust-registry.ps1": powershellScript(filling),
        "trust-registry.sh": shellScript("Linux", filling),
    };
}

/**
 * The script for machines that shall use registries without TLS: it adds them to what docker's `daemon.json` lists, and to the folder
 * `registries.conf.d` of podman, and `--undo` gives both back byte for byte. Throws where a host is none.
 */
export function renderPlainKit({ hosts }: PlainKitArgs): Kit {
    return { "trust-registry.sh": shellScript("Linux", { ...namesOf(hosts), roots: [] }) };
}

function fillingOf({ hosts, caBundle }: KitArgs): Filling {
    return { ...namesOf(hosts), roots: rootsOf(caBundle) };
}

function namesOf(hosts: readonly string[]): Omit<Filling, "roots"> {
    const main = hosts[0];
    if (main === undefined) throw new Error("hosts: is empty; a kit is for at least one registry");
    for (const host of hosts) {
        if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:[1-9]\d{0,4})?$/.test(host)) {
            throw new Error(`hosts: is ${JSON.stringify(host)}; allowed is a lower-case host or host:port`);
        }
    }
    return { hosts: [...new Set(hosts)], id: main.replace(":", "_") };
}

/** The bundle as it is installed: its certificates and nothing else. */
function bundleOf({ roots }: Filling): string {
    return roots.map((root) => root.pem).join("");
}

function shellScript(platform: keyof typeof parts, filling: Filling): string {
    const bodies = [...shared, ...parts[platform], "main"].map((part) =>
        readFileSync(join(import.meta.dirname, "sh", `${part}.sh`), "utf8"),
    );
    return [head(platform, filling), ...bodies].join("\n");
}

function head(platform: string, filling: Filling): string {
    const { hosts, roots, id } = filling;
    return `#!/bin/sh
# Makes the container clients of this machine (${platform}) trust a private image registry; --help tells how.
# Made by siteregistry. It holds the registry's CA and no secret: read it before you run it.
set -eu

kit_platform=${platform}
kit_hosts='${hosts.join(" ")}'
kit_id='${id}'
# One line for each root: SHA-256 of its DER form, begin and end in seconds since 1970.
kit_roots='${roots.map((root) => `${root.sha256} ${root.notBefore.toString()} ${root.notAfter.toString()}`).join("\n")}'

kit_ca() {
    cat <<'END_OF_CA'
${bundleOf(filling)}END_OF_CA
}
`;
}
