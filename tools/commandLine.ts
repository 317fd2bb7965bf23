import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs, type ParseArgsConfig } from "node:util";

import { Refusal } from "./ca/refusal.ts";

/** Reads the command line as {@link parseArgs} does. Throws a {@link Refusal} with the usage where it has what is not known. */
export function parsedLine<Config extends ParseArgsConfig>(
    config: Config,
    usage: string,
): ReturnType<typeof parseArgs<Config>> {
    try {
        return parseArgs(config);
    } catch (error) {
        throw new Refusal(wordsOf(error), usage);
    }
}

/** A path as the person means it: npm runs a script in the project's folder, and they are in one of their own. */
export function here(path: string): string {
    return resolve(process.env.INIT_CWD ?? process.cwd(), path);
}

/** The text of a file. Throws a {@link Refusal} with the cause and what to do where it cannot be read. */
export function readText(file: string, remedy: string): string {
    try {
        return readFileSync(file, "utf8");
    } catch (error) {
        throw new Refusal(`${file} cannot be read: ${String((error as NodeJS.ErrnoException).code)}`, remedy);
    }
}

/** What an error says, for a person. */
export function wordsOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}

/** Tells the person something that is not what the program answers. */
export function say(text: string): void {
    process.stderr.write(`${text}\n`);
}
