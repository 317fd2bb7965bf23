import { readFileSync } from "node:fs";

import { parse } from "yaml";
import type { z } from "zod";

import { replicationOf } from "../components/harbor/topology.ts";
import { isRecord } from "./record.ts";
import { topologyFor } from "./schema/topology.ts";

/** What a topology adds to the configuration, and what is wrong with it. */
export interface TopologyPart {
    /** The sections `harbor` and `sites`, with what it adds to them. */
    readonly added: Record<string, unknown>;
    readonly problems: readonly string[];
}

/** Reads the file that `harbor.topology` names, relative to the project's folder. `plain` is the configuration as it is given. */
export function readTopology({ harbor, sites = [] }: Record<string, unknown>): TopologyPart {
    const given = isRecord(harbor) ? harbor.topology : undefined;
    // What is no topology at all, the schema refuses.
    if (!isRecord(harbor) || !isRecord(given)) return { added: {}, problems: [] };
    const { file, site } = given;
    if (typeof file !== "string" || typeof site !== "string") return { added: {}, problems: [] };
    const key = `harbor.topology.file: ${file}`;
    let content: unknown;
    try {
        content = parse(readFileSync(file, "utf8"));
    } catch (error) {
        // Of a mistake in YAML only the first line: behind it stands the text itself.
        const [reason = ""] = (error as Error).message.split("\n");
        return { added: {}, problems: [`${key} cannot be read: ${reason}`] };
    }
    const parsed = topologyFor(site).safeParse(content);
    if (!parsed.success) return { added: {}, problems: parsed.error.issues.map((issue) => described(key, issue)) };
    const { endpoints, rules } = replicationOf(parsed.data, site);
    const named = new Set(endpoints.map((one) => one.site));
    const stacks = parsed.data.sites
        .filter(({ name }) => named.has(name) && !listOf(sites).some((one) => isRecord(one) && one.name === name))
        .map(({ name, stack }) => ({ name, stack, part: "harbor" }));
    return {
        added: {
            harbor: {
                ...harbor,
                endpoints: [...listOf(harbor.endpoints), ...endpoints],
                rules: [...listOf(harbor.rules), ...rules],
            },
            ...(stacks.length === 0 ? {} : { sites: [...listOf(sites), ...stacks] }),
        },
        problems: [],
    };
}

function described(key: string, { path, message }: z.core.$ZodIssue): string {
    return path.length === 0 ? `${key}: ${message}` : `${key}, ${path.join(".")}: ${message}`;
}

/** A list as it is; what is none, the schema refuses where it stands. */
function listOf(value: unknown): unknown[] {
    return Array.isArray(value) ? value : [];
}
