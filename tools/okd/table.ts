import type { TagReport } from "./streams.ts";

/** The report for people: one line for each tag. */
export function table(rows: readonly TagReport[]): string {
    const lines = [["TAG", "STATE", "HERE", "UPSTREAM", "FROM"], ...rows.map(cells)];
    const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
    return lines
        .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "))
        .map((line) => line.trimEnd())
        .join("\n");
}

function cells({ tag, state, scheduled, here, upstream, from, problem }: TagReport): string[] {
    const by = state === "behind" ? (scheduled ? " (comes by itself)" : " (held)") : "";
    return [tag, `${state}${by}`, short(here), problem ?? short(upstream), from];
}

function short(digest: string | undefined): string {
    return digest === undefined ? "-" : digest.slice(0, 19);
}
