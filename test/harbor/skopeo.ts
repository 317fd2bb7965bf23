import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Copy, Endpoint } from "./outside.ts";

/** The program that copies images between registries. */
export class Skopeo {
    private readonly command: readonly string[];

    constructor(command: readonly string[]) {
        this.command = command;
    }

    /** Copies a tag with everything below it. Throws with what skopeo says. */
    async copy({ from, to, repository, tag, target }: Copy): Promise<void> {
        const folder = mkdtempSync(join(tmpdir(), "harbor-copy-"));
        try {
            // Logins are in a file: whoever lists processes must not read them.
            writeFileSync(join(folder, "auth.json"), JSON.stringify({ auths: auths(from, to) }), { mode: 0o600 });
            await this.run([
                "--insecure-policy",
                "copy",
                "--all",
                "--preserve-digests",
                `--authfile=${join(folder, "auth.json")}`,
                ...trust("src", from, folder),
                ...trust("dest", to, folder),
                `docker://${host(from)}/${repository}:${tag}`,
                `docker://${host(to)}/${target}:${tag}`,
            ]);
        } finally {
            rmSync(folder, { recursive: true, force: true });
        }
    }

    private run(args: readonly string[]): Promise<void> {
        const [program = "", ...before] = this.command;
        return new Promise((resolve, reject) => {
            execFile(program, [...before, ...args], { timeout: 300_000 }, (error, _, stderr) => {
                if (error === null) resolve();
                else reject(new Error(stderr.trim() === "" ? error.message : (stderr.trim().split("\n").at(-1) ?? "")));
            });
        });
    }
}

function host(endpoint: Endpoint): string {
    return new URL(endpoint.url).host;
}

function auths(...endpoints: readonly Endpoint[]): Record<string, { auth: string }> {
    const entries = endpoints.flatMap((endpoint) => {
        const { credential } = endpoint;
        if (credential === undefined || credential.key === "") return [];
        const auth = Buffer.from(`${credential.key}:${credential.secret ?? ""}`).toString("base64");
        return [[host(endpoint), { auth }] as const];
    });
    return Object.fromEntries(entries);
}

function trust(side: "src" | "dest", endpoint: Endpoint, folder: string): string[] {
    const given = endpoint.caCertificate.trim() !== "";
    if (endpoint.url.startsWith("http:") || (endpoint.insecure && !given)) return [`--${side}-tls-verify=false`];
    if (!given) return [];
    const directory = join(folder, side);
    mkdirSync(directory);
    writeFileSync(join(directory, "ca.crt"), endpoint.caCertificate);
    return [`--${side}-cert-dir=${directory}`];
}
