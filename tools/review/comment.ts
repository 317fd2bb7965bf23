import type { Violation } from "./policyEvents.ts";
import type { Change, Preview } from "./preview.ts";

/** What a comment tells of one stack. A part that was not made is not told. */
export interface Findings {
    readonly stack: string;
    readonly preview?: Preview | undefined;
    /** What `npm run policies` printed. */
    readonly policies?: string | undefined;
    /** What the policy pack said in the preview; empty where it had nothing to say. */
    readonly violations?: readonly Violation[] | undefined;
    /** Difference of the rendered objects, in git's form; empty where there is none. */
    readonly difference?: string | undefined;
}

/** Forges take comments of some 65,000 characters. */
const longest = 50_000;

/** By this the comment of a stack is found again. */
export function markerOf(stack: string): string {
    return `<!-- siteregistry review: ${stack} -->`;
}

/** The comment, as Markdown. */
export function commentOf({ stack, preview, policies, violations, difference }: Findings): string {
    const parts = [
        `${markerOf(stack)}\n## Stack \`${stack}\``,
        ...(preview === undefined ? ["No preview was made: what follows needs no login."] : previewParts(preview)),
        ...(violations === undefined ? [] : [violationsPart(violations)]),
        ...(policies === undefined ? [] : [`### Policies\n\n${fenced(policies.trim(), "text")}`]),
        ...(difference === undefined ? [] : [differencePart(difference)]),
    ];
    return `${parts.join("\n\n")}\n`;
}

function previewParts({ changes, errors }: Preview): string[] {
    const lost = changes.filter(
        ({ action, persistent }) => persistent && (action === "replaced" || action === "deleted"),
    );
    const others = changes.filter((change) => !lost.includes(change));
    const counts = (["created", "updated", "replaced", "deleted"] as const)
        .map((action) => ({ action, count: changes.filter((change) => change.action === action).length }))
        .filter(({ count }) => count > 0)
        .map(({ action, count }) => `${count.toString()} ${action}`);
    const parts = [`**Preview:** ${counts.join(", ") || "no change"}`];
    if (errors.length > 0) parts.unshift(`### :x: The preview failed\n\n${fenced(errors.join("\n"), "text")}`);
    if (lost.length > 0) parts.push(`### :warning: Persistent things that are replaced or deleted\n\n${table(lost)}`);
    if (others.length > 0) parts.push(folded(`Other changes (${others.length.toString()})`, table(others)));
    return parts;
}

const order = ["deleted", "replaced", "updated", "created"];

function table(changes: readonly Change[]): string {
    const sorted = [...changes].sort(
        (a, b) => order.indexOf(a.action) - order.indexOf(b.action) || (a.name < b.name ? -1 : 1),
    );
    const rows = sorted.map(({ action, type, name, keys }) => {
        const shown = keys.slice(0, 8).map(quoted);
        if (keys.length > shown.length) shown.push("…");
        return `| ${action} | ${quoted(name)} | ${quoted(type)} | ${shown.join(", ")} |`;
    });
    return ["| | resource | type | what differs |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

function violationsPart(violations: readonly Violation[]): string {
    if (violations.length === 0) return "**Policies in the preview:** no violation";
    const lines = violations.map(
        ({ policy, level, resource, message }) =>
            `${level} ${policy}${resource === "" ? "" : ` (${resource})`}: ${message}`,
    );
    return `### Policies in the preview\n\n${fenced(lines.join("\n"), "text")}`;
}

function differencePart(difference: string): string {
    if (difference.trim() === "") return "**Rendered objects:** no difference";
    const cut = difference.length > longest;
    const text = cut ? difference.slice(0, difference.lastIndexOf("\n", longest)) : difference;
    const note = cut ? "\n\nThe rest is left out; `npm run render` shows it." : "";
    return folded("Difference of the rendered objects", `${fenced(text.trimEnd(), "diff")}${note}`);
}

function folded(title: string, content: string): string {
    return `<details><summary>${title}</summary>\n\n${content}\n\n</details>`;
}

/** A name in a table, which may hold what ends one. */
function quoted(text: string): string {
    return `\`${text.replaceAll("`", "'").replaceAll("|", "\\|").replaceAll("\n", " ")}\``;
}

/** Text that nothing in it can end. */
function fenced(text: string, language: string): string {
    const runs = [...text.matchAll(/`{3,}/g)].map(([run]) => run.length);
    const fence = "`".repeat(Math.max(2, ...runs) + 1);
    return `${fence}${language}\n${text}\n${fence}`;
}
