import { chmodSync, closeSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";

import { readAuthorityFile, sealAuthority } from "./ca/authorityFile.ts";
import { Engine } from "./ca/engine.ts";
import { checkAgainst, exportAuthority, importAuthority } from "./ca/stack.ts";
import { passphrase } from "./ca/passphrase.ts";
import { Refusal } from "./ca/refusal.ts";
import { here, parsedLine, readText, say, wordsOf } from "./commandLine.ts";

/**
 * Keeps the key of a stack's certificate authority outside its state, and gives it to a stack that shall sign with it.
 * The engine is found and told what it needs as by hand: `PULUMI_BACKEND_URL`, `PULUMI_CONFIG_PASSPHRASE_FILE` and so on.
 */
const usage = `usage: npm run ca -- export <stack> <file> [--passphrase-file <file>]
       npm run ca -- import <stack> <file> [--passphrase-file <file>] [--config-file <file>]

The passphrase of <file> is asked for on the terminal. Without one it is read from --passphrase-file, or from
SITEREGISTRY_CA_PASSPHRASE_FILE or SITEREGISTRY_CA_PASSPHRASE in the environment.`;

try {
    await main();
} catch (error) {
    say(`error: ${wordsOf(error)}`);
    process.exitCode = 1;
}

async function main(): Promise<void> {
    const { verb, stack, file, options } = commandLine();
    const engine = new Engine(stack, options["config-file"] === undefined ? undefined : here(options["config-file"]));
    const secretFile = options["passphrase-file"] === undefined ? undefined : here(options["passphrase-file"]);
    if (verb === "export") {
        const authority = await exportAuthority(engine);
        const target = create(file);
        try {
            writeSync(target, sealAuthority(authority, await passphrase(process.env, secretFile, "new"), stack));
            fsyncSync(target);
        } catch (error) {
            rmSync(file);
            throw error;
        } finally {
            closeSync(target);
        }
        say(`The authority of the stack ${stack} is in ${file}, encrypted. Without its passphrase it is of no use.`);
        return;
    }
    const text = readText(file, "name the file that export wrote");
    const authority = readAuthorityFile(text, file, await passphrase(process.env, secretFile, "old"));
    await checkAgainst(engine, authority);
    await importAuthority(engine, authority);
    say(
        `The stack ${stack} signs with this authority from its next pulumi up on: registry.certificate.mode is givenAuthority.`,
    );
}

function commandLine(): {
    verb: "export" | "import";
    stack: string;
    file: string;
    options: { "passphrase-file"?: string | undefined; "config-file"?: string | undefined };
} {
    const options = { "passphrase-file": { type: "string" }, "config-file": { type: "string" } } as const;
    const { positionals, values } = parsedLine({ allowPositionals: true, options }, usage);
    const [verb, stack, file, ...more] = positionals;
    if ((verb !== "export" && verb !== "import") || stack === undefined || file === undefined || more.length > 0)
        throw new Refusal("say what to do, with which stack and which file", usage);
    return { verb, stack, file: here(file), options: values };
}

/** Makes a file that only its owner may read. */
function create(file: string): number {
    try {
        const made = openSync(file, "wx", 0o600);
        chmodSync(file, 0o600); // whatever the umask adds or takes
        return made;
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        throw new Refusal(`${file} is there already, and may hold the only copy of a key`, "name another file");
    }
}
