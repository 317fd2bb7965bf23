import type { Failure } from "../resource.ts";

/** What of an endpoint a rule takes, as a program says it. */
export interface Filter {
    readonly type: string;
    /** Of `name` and `tag`: a pattern. Of `resource`: `image` or `artifact`. */
    readonly value?: string;
    /** Of `label`: names that an artifact must carry, all of them. */
    readonly labels?: readonly string[];
    /** Of `tag` and `label`: `matches` or `excludes`. */
    readonly decoration?: string;
}

/** What of an endpoint a rule takes, as Harbor says it. */
export interface HarborFilter {
    type: string;
    value: string | string[];
    decoration?: string;
}

const types = ["name", "tag", "label", "resource"];
const decorations = ["matches", "excludes"];
const resources = ["image", "artifact"];
/** What Harbor's table holds of all filters of a rule. */
const longest = 1024;

/** The filters in one order, with their decoration, since Harbor takes an absent one for `matches`. */
export function normalised(filters: readonly Filter[]): Filter[] {
    const keyOf = (filter: Filter): string => JSON.stringify([types.indexOf(filter.type), filter.value, filter.labels]);
    return filters
        .map(({ type, value, labels, decoration }) => ({
            type,
            ...(type === "label" ? { labels: [...(labels ?? [])].sort() } : { value: value ?? "" }),
            ...(type === "tag" || type === "label" ? { decoration: decoration ?? "matches" } : {}),
        }))
        .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** As Harbor is told. */
export function toHarbor(filters: readonly Filter[]): HarborFilter[] {
    return filters.map(({ type, value = "", labels, decoration }) => ({
        type,
        value: type === "label" ? [...(labels ?? [])] : value,
        ...(decoration === undefined ? {} : { decoration }),
    }));
}

/** As Harbor answers: it knows no empty list. */
export function fromHarbor(filters: readonly HarborFilter[] | null | undefined): Filter[] {
    const given = (filters ?? []).map(({ type, value, decoration }): Filter => {
        const shared = decoration === undefined || decoration === "" ? { type } : { type, decoration };
        return Array.isArray(value) ? { ...shared, labels: value } : { ...shared, value };
    });
    return normalised(given);
}

/** What Harbor would refuse, or take and never find anything with. */
export function filterFailures(filters: readonly Filter[]): Failure[] {
    const failures = filters.flatMap((filter, index) =>
        mistakesOf(filter).map(({ property, reason }) => ({
            property: `filters[${index.toString()}].${property}`,
            reason,
        })),
    );
    const size = storedSize(filters);
    if (failures.length === 0 && size > longest) {
        const reason = `take ${size.toString()} characters as Harbor stores them, at most 1024 are allowed: make two rules`;
        failures.push({ property: "filters", reason });
    }
    return failures;
}

function mistakesOf({ type, value, labels, decoration }: Filter): Failure[] {
    const one = (property: string, reason: string): Failure[] => [{ property, reason }];
    if (!types.includes(type)) return one("type", `allowed are ${types.join(", ")}`);
    if (decoration !== undefined && type !== "tag" && type !== "label") {
        return one("decoration", "is for filters of tags and labels alone");
    }
    if (decoration !== undefined && !decorations.includes(decoration)) {
        return one("decoration", `allowed are ${decorations.join(", ")}`);
    }
    if (type === "label") {
        if (value !== undefined) return one("value", "is not for labels: give `labels`, a list of names");
        if (
            !Array.isArray(labels) ||
            labels.length === 0 ||
            labels.some((label) => typeof label !== "string" || label === "")
        ) {
            return one("labels", "must be a list of names that is not empty");
        }
        return [];
    }
    if (labels !== undefined) return one("labels", `is not for the type ${type}: give \`value\``);
    if (typeof value !== "string" || value === "")
        return one("value", "must be a text that is not empty; leave the filter out for everything");
    if (type === "resource")
        return resources.includes(value) ? [] : one("value", `allowed are ${resources.join(", ")}`);
    const reason = patternMistake(value);
    return reason === undefined ? [] : one("value", reason);
}

/** Harbor stores any pattern and reports a wrong one in no place but the run. */
function patternMistake(pattern: string): string | undefined {
    if (/\s/.test(pattern)) return "holds a blank, which no name and no tag has";
    let braces = 0;
    for (const character of pattern) {
        if (character === "{") braces += 1;
        if (character === "}") braces -= 1;
        if (braces < 0) break;
    }
    if (braces !== 0) return "has a { or } without its other half";
    if ((pattern.match(/\[/g) ?? []).length !== (pattern.match(/\]/g) ?? []).length)
        return "has a [ or ] without its other half";
    if (pattern.split(/[/{},]/).some((part) => part.includes("**") && part !== "**")) {
        return "has ** beside other characters: it must stand alone between slashes";
    }
    return undefined;
}

/** Go writes three characters of JSON longer than others do. */
function storedSize(filters: readonly Filter[]): number {
    return JSON.stringify(toHarbor(filters)).replace(/[<>&\u2028\u2029]/g, "123456").length;
}

/** Names on Docker Hub that mean an official image, completed as Docker Hub calls them: `redis` is `library/redis`. */
export function withLibrary(filters: readonly Filter[]): Filter[] {
    return filters.map((filter) => {
        const { type, value } = filter;
        const bare =
            type === "name" && typeof value === "string" && value !== "" && !value.includes("/") && value !== "**";
        return bare ? { ...filter, value: `library/${value}` } : filter;
    });
}

/** Whether a pattern stands for one name alone. */
export function isLiteral(pattern: string): boolean {
    return !/[*?[{\\]/.test(pattern);
}
