import type { PlainSettings } from "./schema.ts";

/**
 * Of `registry.pullSecret.namespaces`, those whose Secret is a resource of its own, as every one was in a site of before: the output
 * `separatePullSecrets` tells, and a registry that has none comes from before it. `last` are the outputs of the last update.
 */
export function separatePullSecrets(
    { registry }: PlainSettings,
    last: Readonly<Record<string, unknown>>,
): readonly string[] {
    const namespaces = registry?.pullSecret.namespaces ?? [];
    // Every version has told a registry's users, and nothing else has an output of that name.
    if (last.users === undefined) return [];
    const before = last.separatePullSecrets as readonly string[] | undefined;
    return before === undefined ? namespaces : namespaces.filter((one) => before.includes(one));
}
