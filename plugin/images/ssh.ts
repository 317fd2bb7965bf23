import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** How a machine is reached by SSH. */
export interface SshMachine {
    readonly address: string;
    readonly port: number;
    /** Who logs in: root, or a user who may run `sudo` without a password. */
    readonly user: string;
    /** The server's public key, `<kind> <base64>`. */
    readonly hostKey: string;
    /** The user's private key, PEM, without a passphrase. */
    readonly privateKey: string;
}

/** Of what a program says, the end is kept. */
const longestWords = 4_000;

/**
 * Runs a shell script as root of a machine, by this machine's OpenSSH client, and returns what it prints. `script` must hold no secret:
 * it stands in the list of processes there. Throws in words where the machine is not reached, is another one, or takes too long.
 */
export async function overSsh(
    machine: SshMachine,
    script: string,
    input: AsyncIterable<Buffer> | undefined,
    signal: AbortSignal,
): Promise<string> {
    const { address, port, user, hostKey, privateKey } = machine;
    const folder = await mkdtemp(join(tmpdir(), "siteregistry-ssh-"));
    try {
        const [key, known] = [join(folder, "key"), join(folder, "known")];
        await writeFile(key, privateKey.endsWith("\n") ? privateKey : `${privateKey}\n`, { mode: 0o600 });
        // Under a name of our own, so that no port and no form of an address matters.
        await writeFile(known, `machine ${hostKey}\n`);
        const options = {
            ...{ BatchMode: "yes", IdentitiesOnly: "yes", StrictHostKeyChecking: "yes", HostKeyAlias: "machine" },
            ...{
                UserKnownHostsFile: known,
                GlobalKnownHostsFile: "/dev/null",
                HostKeyAlgorithms: algorithmsOf(hostKey),
            },
            ...{ ConnectTimeout: "10", ServerAliveInterval: "15", LogLevel: "ERROR" },
        };
        const settings = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
        const command = `${user === "root" ? "" : "sudo -n "}sh -c ${quoted(script)}`;
        const target = ["-p", port.toString(), "-l", user, "--", address, command];
        // Nobody's own configuration has a say in where this leads.
        return await run(["-F", "/dev/null", "-i", key, ...settings, ...target], input, signal);
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}

/** A text as one word of a shell. */
export function quoted(text: string): string {
    return `'${text.replaceAll("'", `'\\''`)}'`;
}

async function run(
    args: readonly string[],
    input: AsyncIterable<Buffer> | undefined,
    signal: AbortSignal,
): Promise<string> {
    const child = spawn("ssh", args, { stdio: ["pipe", "pipe", "pipe"], signal });
    let [printed, said] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-longestWords)));
    const ended = new Promise<number | null>((resolve, reject) => {
        child.on("error", (error: NodeJS.ErrnoException) => {
            const missing = "ssh is not installed on the machine that runs Pulumi: install OpenSSH's client";
            reject(error.code === "ENOENT" ? new Error(missing) : error);
        });
        child.on("close", resolve);
    });
    // Where the other side ends early, its own words say why.
    const sent = pipeline(input === undefined ? Readable.from([]) : Readable.from(input), child.stdin).catch(
        (error: unknown) => error as NodeJS.ErrnoException,
    );
    const [code, broken] = await Promise.all([ended, sent]);
    // The importer's report says more than its exit code.
    if (printed !== "") return printed;
    const words = said.trim().split("\n").at(-1) ?? "";
    if (broken !== undefined && broken.code !== "EPIPE") throw broken;
    if (code !== 0) throw new Error(words === "" ? `ssh ended with ${String(code)}` : words);
    return printed;
}

/** The server shows the key that is asked for, of all that it has. RSA keys sign in newer ways than they are named. */
function algorithmsOf(hostKey: string): string {
    const [kind = ""] = hostKey.split(" ");
    return kind === "ssh-rsa" ? "rsa-sha2-512,rsa-sha2-256" : kind;
}
