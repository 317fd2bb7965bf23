import { readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

import { Refusal } from "./refusal.ts";

/** PBES2 as OpenSSL makes it derives a key quickly: the passphrase itself has to be hard to guess. */
const leastLength = 12;

/** Where a person types. */
export interface Terminal {
    input: NodeJS.ReadableStream & { isTTY?: boolean };
    output: NodeJS.WritableStream;
}

/**
 * The passphrase of an authority's file: from `file`, from the environment, or from the terminal without echo.
 * A `new` one is asked for twice there, and has to be long enough.
 */
export async function passphrase(
    environment: NodeJS.ProcessEnv,
    file: string | undefined,
    kind: "new" | "old",
    terminal: Terminal = { input: process.stdin, output: process.stderr },
): Promise<string> {
    const named = file ?? environment.SITEREGISTRY_CA_PASSPHRASE_FILE;
    const text =
        named !== undefined && named !== ""
            ? firstLine(named)
            : (environment.SITEREGISTRY_CA_PASSPHRASE ?? (await typed(kind, terminal)));
    if (text === "") throw new Refusal("the passphrase is empty", "give one");
    if (kind === "new" && text.length < leastLength) {
        const least = leastLength.toString();
        throw new Refusal(`the passphrase has ${text.length.toString()} characters`, `allowed are ${least} or more`);
    }
    return text;
}

function firstLine(file: string): string {
    try {
        return readFileSync(file, "utf8").split(/\r?\n/)[0] ?? "";
    } catch (error) {
        const code = String((error as NodeJS.ErrnoException).code);
        throw new Refusal(`the passphrase's file ${file} cannot be read: ${code}`, "name one that can");
    }
}

async function typed(kind: "new" | "old", terminal: Terminal): Promise<string> {
    if (terminal.input.isTTY !== true) {
        throw new Refusal(
            "there is no terminal to ask for the passphrase on",
            "give --passphrase-file, or set SITEREGISTRY_CA_PASSPHRASE_FILE",
        );
    }
    const silent = new Writable({
        write(_chunk, _encoding, done) {
            done();
        },
    });
    // As long as it reads a terminal, readline keeps it from echoing; what readline itself would echo goes nowhere.
    const lines = createInterface({ input: terminal.input, output: silent, terminal: true });
    const ask = async (question: string): Promise<string> => {
        const line = new Promise<string>((resolve, reject) => {
            lines.once("line", resolve);
            lines.once("close", () => {
                reject(new Refusal("no passphrase was given", "nothing was written"));
            });
        });
        // Only now that somebody listens: what was typed ahead would be lost.
        terminal.output.write(question);
        await line;
        terminal.output.write("\n");
        return line;
    };
    try {
        const first = await ask("Passphrase of the file: ");
        if (kind === "new" && (await ask("The same again: ")) !== first)
            throw new Refusal("the two passphrases differ", "try again");
        return first;
    } finally {
        lines.removeAllListeners("close");
        lines.close();
    }
}
