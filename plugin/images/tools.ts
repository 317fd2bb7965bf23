import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Connection } from "../registry/transport.ts";
import type { Route } from "./route.ts";

/** What was said by a program that failed. */
export class ToolError extends Error {}

const remedies: Readonly<Record<string, string>> = {
    skopeo: "install it on the machine that runs Pulumi (`apt-get install skopeo`, `dnf install skopeo`)",
    regctl:
        "it copies what points to its image by `subject`: install it on the machine that runs Pulumi " +
        "(https://github.com/regclient/regclient), or set `attached: false`",
};
/** Of what a program says, the end is kept. */
const longestWords = 4_000;

/**
 * The programs that copy images, with what they need to reach two registries. Logins are in files that only this user may read:
 * whoever lists processes must not see them.
 */
export class Tools {
    /** Folder for whatever belongs to this run. */
    readonly folder: string;
    private readonly environment: Readonly<Record<string, string>>;
    private readonly signal: AbortSignal;

    private constructor(folder: string, environment: Readonly<Record<string, string>>, signal: AbortSignal) {
        this.folder = folder;
        this.environment = environment;
        this.signal = signal;
    }

    /** `from` is another registry that is copied from. */
    static async open(to: Route, from: Connection | undefined, signal: AbortSignal): Promise<Tools> {
        const folder = await mkdtemp(join(tmpdir(), "siteregistry-seed-"));
        const tools = new Tools(folder, { ...to.environment, REGCTL_CONFIG: join(folder, "regctl.json") }, signal);
        const both = from === undefined ? [to.connection] : [from, to.connection];
        await tools.write("auth.json", { auths: Object.fromEntries(both.flatMap(loginOf)) });
        await tools.write("regctl.json", { hosts: Object.fromEntries(both.map(regctlHost)) });
        for (const [side, { caBundle }] of [
            ["dest", to.connection] as const,
            ...(from ? [["src", from] as const] : []),
        ]) {
            if (caBundle === undefined) continue;
            await mkdir(join(folder, side));
            await writeFile(join(folder, side, "ca.crt"), caBundle);
        }
        return tools;
    }

    /** Copies by skopeo, whole and to the byte. `source` and `target` are as skopeo names them. */
    async copy(source: string, target: string, sides: { dest?: Connection; src?: Connection }): Promise<void> {
        const options = Object.entries(sides).flatMap(([side, connection]) => this.trust(side, connection));
        await this.run("skopeo", [
            // Digests say what comes; nobody's policy of names has a say in that.
            "--insecure-policy",
            "copy",
            "--quiet",
            "--all",
            ...(sides.dest === undefined ? [] : ["--preserve-digests"]),
            `--authfile=${join(this.folder, "auth.json")}`,
            ...options,
            source,
            target,
        ]);
    }

    /** Copies by regctl what points to another manifest: it tells registries of it that have no API for that. */
    async attach(source: string, target: string): Promise<void> {
        await this.run("regctl", ["image", "copy", source, target]);
    }

    async close(): Promise<void> {
        await rm(this.folder, { recursive: true, force: true });
    }

    private async write(name: string, value: unknown): Promise<void> {
        await writeFile(join(this.folder, name), JSON.stringify(value), { mode: 0o600 });
    }

    private run(program: string, args: readonly string[]): Promise<void> {
        return runTool(program, args, this.environment, this.signal);
    }

    private trust(side: string, { url, insecure = false, caBundle }: Connection): string[] {
        if (url.startsWith("http:") || insecure) return [`--${side}-tls-verify=false`];
        return caBundle === undefined ? [] : [`--${side}-cert-dir=${join(this.folder, side)}`];
    }
}

/** Runs one of the programs. Throws a {@link ToolError} with what it said, or a {@link ToolMissing}. */
export function runTool(
    program: string,
    args: readonly string[],
    environment: Readonly<Record<string, string>>,
    signal: AbortSignal,
): Promise<void> {
    return new Promise((resolve, reject) => {
        const child = spawn(program, args, {
            env: { ...process.env, ...environment },
            stdio: ["ignore", "ignore", "pipe"],
            signal,
        });
        let said = "";
        child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-longestWords)));
        child.on("error", (error: NodeJS.ErrnoException) => {
            const missing = error.code === "ENOENT";
            reject(missing ? new ToolMissing(`${program} is not installed: ${remedies[program] ?? ""}`) : error);
        });
        child.on("close", (code, ended) => {
            if (code === 0) resolve();
            else reject(new ToolError(wordsOf(said) || `${program} ended with ${String(code ?? ended)}`));
        });
    });
}

/** Nothing of this kind can be copied on this machine. */
export class ToolMissing extends Error {}

/** skopeo's last words are the reason, in a log line of its own. */
function wordsOf(said: string): string {
    // What follows the ? of an address may let anybody who has it write there.
    const safe = said.replace(/(https?:\/\/[^\s"?]+)\?[^\s"\\]*/g, "$1?…");
    const last = safe.trim().split("\n").at(-1) ?? "";
    const message = /msg="((?:[^"\\]|\\.)*)"/.exec(last)?.[1];
    return message === undefined ? last : message.replace(/\\(.)/g, "$1");
}

function loginOf({ url, username, password = "" }: Connection): [string, { auth: string }][] {
    if (username === undefined) return [];
    return [[new URL(url).host, { auth: Buffer.from(`${username}:${password}`).toString("base64") }]];
}

function regctlHost(connection: Connection): [string, Record<string, string>] {
    const { url, username, password = "", caBundle, insecure = false } = connection;
    const tls = url.startsWith("http:") ? "disabled" : insecure ? "insecure" : "enabled";
    return [
        new URL(url).host,
        {
            // Of Docker Hub it knows by itself that its API is elsewhere.
            ...{ tls, ...(new URL(url).host === "docker.io" ? {} : { hostname: new URL(url).host }) },
            ...(username === undefined ? {} : { user: username, pass: password }),
            ...(caBundle === undefined ? {} : { regcert: caBundle }),
        },
    ];
}
