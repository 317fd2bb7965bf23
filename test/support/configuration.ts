import { readFileSync } from "node:fs";
import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";

import { scalars } from "../../settings/schema.ts";

/** Sets the configuration as the engine hands it over: sections as JSON, scalars as text, `Pulumi.yaml`'s defaults filled in. */
export function configure(values: Record<string, unknown>, secretKeys: string[] = []): void {
    const defaults = Object.entries(scalars).map(([key, scalar]) => [`siteregistry:${key}`, scalar.parse(undefined)]);
    const given = Object.entries(values).map(([key, value]) => [
        key.includes(":") ? key : `siteregistry:${key}`,
        typeof value === "string" ? value : JSON.stringify(value),
    ]);
    pulumi.runtime.setAllConfig(
        Object.fromEntries([...defaults, ...given]) as Record<string, string>,
        secretKeys.map((key) => `siteregistry:${key}`),
    );
}

/** The values of a committed stack file. */
export function stackFile(stack: string): Record<string, unknown> {
    const text = readFileSync(join(import.meta.dirname, "..", "..", `Pulumi.${stack}.yaml`), "utf8");
    return (parse(text) as { config: Record<string, unknown> }).config;
}
