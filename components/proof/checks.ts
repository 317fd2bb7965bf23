import { readFileSync } from "node:fs";
import { join } from "node:path";

import { parseHost } from "../registry/hosts.ts";
import type { Role } from "../registry/logins.ts";

/** What the checks read. Nothing here is secret. */
export interface ChecksArgs {
    /** Registry as image references name it, one or more: `host` or `host:port`. */
    hosts: readonly string[];
    /** Login names and what each may do. */
    logins: readonly { name: string; role: Role }[];
}

const script = (name: string): string => readFileSync(join(import.meta.dirname, name), "utf8");

/** The scripts and what they read, by file name. */
export function checkFiles(args: ChecksArgs): Record<string, string> {
    const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join("");
    return {
        "settle.sh": script("settle.sh"),
        "verify.sh": script("verify.sh"),
        hosts: lines(args.hosts.map(nameAndPort)),
        logins: lines(args.logins.map(({ name, role }) => `${name} ${role}`)),
    };
}

/** curl's configuration that logs in: a password in a command line can be read by every process of a node. */
export function curlLogin(name: string, password: string): string {
    return `user = "${`${name}:${password}`.replaceAll(/["\\]/g, "\\$&")}"\n`;
}

function nameAndPort(host: string): string {
    const { name, port = 443 } = parseHost(host);
    return `${name} ${port.toString()}`;
}
