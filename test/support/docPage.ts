import { readFileSync } from "node:fs";
import { join } from "node:path";

import { checkout } from "../../lab/paths.ts";

/** Where the pages are. */
export const pagesFolder = join(checkout, "docs", "day-two");

/** One thing that a page says, in its order. */
export type Step =
    /** Commands, where they are run, and patterns of lines that they print, in this order. */
    | { readonly kind: "commands"; readonly where: "here" | "client"; readonly text: string; expected: string[] }
    /** What happens by itself, or by somebody else: the spec plays it. */
    | { readonly kind: "played"; readonly name: string };

/**
 * Reads what is to be run out of a page: blocks of `sh` are typed where the stack is, blocks of `sh client` on a machine
 * that uses the registry. A block of `text` right after one holds lines that it prints, with `…` for what differs.
 * A comment `<!-- played: NAME -->` is what the spec does there. Throws where a page has another kind of block.
 */
export function stepsOf(markdown: string): Step[] {
    const steps: Step[] = [];
    const parts = /^```([a-z ]*)\n(.*?)^```$|^<!-- played: ([a-z ]+) -->$/gms;
    for (const [, kind, text = "", name] of markdown.matchAll(parts)) {
        const last = steps.at(-1);
        if (name !== undefined) steps.push({ kind: "played", name });
        else if (kind === "sh") steps.push({ kind: "commands", where: "here", text, expected: [] });
        else if (kind === "sh client") steps.push({ kind: "commands", where: "client", text, expected: [] });
        else if (kind === "text" && last?.kind === "commands" && last.expected.length === 0)
            last.expected = text.split("\n").filter((line) => line.trim() !== "" && line.trim() !== "…");
        else if (kind !== "yaml") throw new Error(`a block of ${kind ?? ""} that nothing is done with:\n${text}`);
    }
    return steps;
}

/** The page of a task. */
export function pageOf(task: string): string {
    return readFileSync(join(pagesFolder, `${task}.md`), "utf8");
}

/** The first of the expected lines that is not there, or undefined. Each is looked for behind the one before. */
export function missing(expected: readonly string[], printed: string): string | undefined {
    const lines = printed.split("\n").map((line) => squeezed(line));
    let from = 0;
    return expected.find((line) => {
        const pattern = new RegExp(`^${squeezed(line).split("…").map(escaped).join(".*")}$`);
        const at = lines.findIndex((one, index) => index >= from && pattern.test(one));
        if (at >= 0) from = at + 1;
        return at < 0;
    });
}

/** Columns are as wide as their names, which are others in a test. */
function squeezed(line: string): string {
    return line.trim().replace(/\s+/g, " ");
}

function escaped(text: string): string {
    return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
