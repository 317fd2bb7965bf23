import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { Refusal } from "./ca/refusal.ts";
import { scannedKeys } from "./hostkeys/scanned.ts";

const run = promisify(execFile);

/** Public keys of SSH servers, for people to compare. Nothing is accepted or written. */
const usage = `usage: npm run hostkeys -- ADDRESS[:PORT] ...

Shows the public keys that these SSH servers show from here, by ssh-keyscan, with their fingerprints. Whoever is on the way can show
keys of his own: compare the fingerprint with the machine's console before you write a key into the settings.`;

/** How long a server may take to answer, in seconds. */
const patience = "10";

try {
    await main(process.argv.slice(2));
} catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
}

async function main(servers: readonly string[]): Promise<void> {
    if (servers.length === 0 || servers.some((one) => one.startsWith("-")))
        throw new Refusal("name at least one server", usage);
    for (const server of servers) {
        const { address, port } = placeOf(server);
        const printed = await scan(address, port);
        const [first, ...others] = scannedKeys(printed);
        if (first === undefined)
            throw new Refusal(
                `${server} shows no key`,
                "see that an SSH server runs there, and that it is reached from here: ssh -v",
            );
        console.log(`${server}\n  hostKey: ${first.key}\n  ${first.fingerprint}`);
        for (const { key, fingerprint } of others) console.log(`  also ${key.split(" ")[0] ?? ""} ${fingerprint}`);
    }
    console.log(
        "\nCompare each fingerprint on the machine's own console, not over the network, before you write the key into the settings:" +
            "\n  ssh-keygen -l -f /etc/ssh/ssh_host_ecdsa_key.pub",
    );
}

/** `address`, `address:port` or `[IPv6]:port`. */
function placeOf(server: string): { address: string; port: string } {
    const found = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(server);
    if (found === null) return { address: server, port: "22" };
    const [, bracketed, plain = "", port = "22"] = found;
    return { address: bracketed ?? plain, port };
}

async function scan(address: string, port: string): Promise<string> {
    try {
        const { stdout } = await run("ssh-keyscan", ["-T", patience, "-p", port, "-t", "ecdsa,ed25519,rsa", address]);
        return stdout;
    } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT")
            throw new Refusal("ssh-keyscan is not installed here", "it comes with OpenSSH's client");
        return "";
    }
}
