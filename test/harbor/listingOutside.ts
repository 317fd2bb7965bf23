import type { Endpoint, Outside } from "./outside.ts";
import { exactNames, fits } from "./pattern.ts";
import type { Filter } from "./policy.ts";

/** A repository that a run would copy, with its tags. */
export interface Found {
    readonly repository: string;
    readonly tags: readonly string[];
}

/** What a rule finds at its source. Throws with the words that the execution then shows. */
export async function found(outside: Outside, source: Endpoint, filters: readonly Filter[]): Promise<Found[]> {
    const names = filters.filter((filter) => filter.type === "name").map((filter) => String(filter.value));
    // Only Harbor knows labels; anywhere else nothing has the label that is asked for.
    if (source.type !== "harbor" && filters.some((filter) => filter.type === "label" && wants(filter))) return [];
    const exact = source.type === "harbor" ? undefined : exactNames(names[0] ?? "");
    try {
        const repositories = exact ?? (await outside.catalog(source));
        const wanted = repositories.filter((repository) => names.every((name) => fits(name, repository))).sort();
        const result: Found[] = [];
        for (const repository of wanted) {
            const tags = (await outside.tags(source, repository)).filter((tag) => hasTag(filters, tag));
            if (tags.length > 0) result.push({ repository, tags });
        }
        return result;
    } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        const listed = text.startsWith("failed to list artifacts") ? "failed to fetch artifacts: " : "";
        throw new Error(`failed to fetch artifacts: ${listed}${text}`, { cause: error });
    }
}

function wants(filter: Filter): boolean {
    return filter.decoration !== "excludes" && Array.isArray(filter.value) && filter.value.length > 0;
}

function hasTag(filters: readonly Filter[], tag: string): boolean {
    return filters
        .filter((filter) => filter.type === "tag")
        .every((filter) => fits(String(filter.value), tag) === (filter.decoration !== "excludes"));
}

/**
 * The name of a repository at its destination: the rule's namespace instead of some of its leading components. Throws with the words that
 * the execution then shows.
 */
export function destination(repository: string, namespace: string, replaceCount: number): string {
    if (namespace === "") return repository;
    const parts = repository.split("/");
    const leading = parts.slice(0, -1);
    if (replaceCount < 0) return `${namespace}/${parts.at(-1) ?? ""}`;
    if (replaceCount > leading.length) {
        const count = `contains only ${String(leading.length)} path components [${leading.join(" ")}]`;
        throw new Error(
            `the source repository "${repository}" ${count} excepting the last one, ` +
                `but the destination namespace flattening level is ${String(replaceCount)}`,
        );
    }
    return [namespace, ...parts.slice(replaceCount)].join("/");
}
