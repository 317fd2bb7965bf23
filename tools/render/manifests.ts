import { stringify } from "yaml";

import type { Declared } from "./objects.ts";

/** A file of a rendered stack: its name below the folder, and its YAML. */
export interface Manifest {
    readonly file: string;
    readonly text: string;
}

const first = ["apiVersion", "kind", "metadata"];

/** One file for each object; those that are applied onto an object which is there already lie in `patches/`. */
export function manifests(declared: readonly Declared[]): Manifest[] {
    return declared.map(({ name, object, patch }) => {
        const { metadata, kind } = object;
        const parts = patch ? [name] : [kind, metadata.namespace ?? [], metadata.name].flat();
        // A name of RBAC may hold colons.
        const file = `${parts
            .join("_")
            .toLowerCase()
            .replaceAll(/[^a-z0-9._-]/g, "-")}.yaml`;
        const note = patch ? "# A part of an object that is there already, applied onto it.\n" : "";
        return { file: patch ? `patches/${file}` : file, text: `${note}${yamlOf(object)}` };
    });
}

/** All of them as one stream of YAML documents. */
export function stream(files: readonly Manifest[]): string {
    return files.map(({ text }) => `---\n${text}`).join("");
}

/** Keys are sorted, so that only what changes shows in a comparison. */
function yamlOf(object: Readonly<Record<string, unknown>>): string {
    const rank = (key: string): number => (first.includes(key) ? first.indexOf(key) : first.length);
    const top = Object.entries(object).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
    const sorted = Object.fromEntries(top.map(([key, value]) => [key, inOrder(value)]));
    return stringify(sorted, { lineWidth: 0, aliasDuplicateObjects: false });
}

function inOrder(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(inOrder);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([key, item]) => [key, inOrder(item)]));
}
