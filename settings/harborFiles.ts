import { readFileSync } from "node:fs";

import { parse } from "yaml";

import { isRecord } from "./record.ts";

/** The lists that may lie in a file, by the key that names it. The engine hands the whole configuration over in 128 KiB. */
const listsByKey = { endpointsFile: "endpoints", rulesFile: "rules" } as const;

type FileKey = keyof typeof listsByKey;

/** The section `harbor` with the lists of its files in it, and what is wrong with these. */
export interface HarborFiles {
    readonly harbor: unknown;
    readonly problems: readonly string[];
    /** Keys whose file was read. */
    readonly read: readonly FileKey[];
}

/** Reads the YAML files that the section names, relative to the project's folder. */
export function readHarborFiles(harbor: unknown): HarborFiles {
    if (!isRecord(harbor)) return { harbor, problems: [], read: [] };
    const whole: Record<string, unknown> = { ...harbor };
    const problems: string[] = [];
    const read: FileKey[] = [];
    for (const key of ["endpointsFile", "rulesFile"] as const) {
        const list = listsByKey[key];
        const path = harbor[key];
        // What is no path at all, the schema refuses.
        if (typeof path !== "string") continue;
        if (harbor[list] !== undefined) {
            problems.push(`harbor.${key}: is ${JSON.stringify(path)}; contradicts harbor.${list}: keep one of the two`);
            continue;
        }
        try {
            const content: unknown = parse(readFileSync(path, "utf8"));
            if (Array.isArray(content)) {
                whole[list] = content;
                read.push(key);
            } else
                problems.push(
                    `harbor.${key}: ${path} holds no list; allowed is a YAML list of what harbor.${list} takes`,
                );
        } catch (error) {
            // Of a mistake in YAML only the first line: behind it stands the text itself.
            const [reason = ""] = (error as Error).message.split("\n");
            problems.push(`harbor.${key}: ${path} cannot be read: ${reason}`);
        }
    }
    return { harbor: whole, problems, read };
}

/** The same mistake with the file named that it is in: `harbor.rules.7.cron: …` stands there as entry 7. */
export function inHarborFile(problem: string, { harbor, read }: HarborFiles): string {
    for (const key of read) {
        const prefix = `harbor.${listsByKey[key]}`;
        const path = isRecord(harbor) ? String(harbor[key]) : "";
        if (problem.startsWith(`${prefix}.`) || problem.startsWith(`${prefix}:`))
            return `harbor.${key} (${path})${problem.slice(prefix.length)}`;
    }
    return problem;
}
