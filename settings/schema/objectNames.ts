import { z } from "zod";

import { subdomain } from "./common.ts";

const named = (what: string, suffix: string) =>
    z
        .string()
        .regex(subdomain, "allowed is the name of an object")
        .optional()
        .describe(`Name of ${what}. Without it, \`<registry.name>-${suffix}\`.`);

/** Names of objects that a site calls otherwise, such as the seeds' `image-registry-user`. */
export const objectNames = z
    .strictObject({
        certs: named("the Secret with the server certificate", "certs"),
        users: named("the Secret with the users", "users"),
        environment: named("the Secret with the registry's secret variables", "environment"),
        config: named("the ConfigMap with both configuration files", "config"),
    })
    .prefault({});

type Role = "certs" | "users" | "environment" | "config";

/** Which kind of object each name is of: two of one kind cannot have the same. */
const kinds = { certs: "Secret", users: "Secret", environment: "Secret", config: "ConfigMap" } as const;

/** What else the registry's namespace may hold, by the ends of the names. */
const others = { Secret: ["cache", "copier", "issued"], ConfigMap: ["ca", "copier"] } as const;

/** The names as they come out. */
function namesOf(registry: { name: string; objectNames: Partial<Record<Role, string | undefined>> }): [Role, string][] {
    return (Object.keys(kinds) as Role[]).map((role) => [
        role,
        registry.objectNames[role] ?? `${registry.name}-${role}`,
    ]);
}

/** The names that two objects of one kind would have: whose, and what else has it. */
export function nameClashes(registry: Parameters<typeof namesOf>[0]): { role: Role; message: string }[] {
    const names = namesOf(registry);
    return names
        .filter(([role]) => registry.objectNames[role] !== undefined)
        .filter(([role, name]) => {
            const same = names.some(([other, its]) => other !== role && kinds[other] === kinds[role] && its === name);
            return same || others[kinds[role]].some((end) => name === `${registry.name}-${end}`);
        })
        .map(([role]) => ({ role, message: `another ${kinds[role]} of the registry has this name: choose another` }));
}

/** Names of ConfigMaps that the registry's namespace holds. */
export function configMapsOf(registry: Parameters<typeof namesOf>[0]): string[] {
    const own = namesOf(registry).filter(([role]) => kinds[role] === "ConfigMap");
    return [...own.map(([, name]) => name), ...others.ConfigMap.map((end) => `${registry.name}-${end}`)];
}
