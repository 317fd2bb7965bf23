import { readFileSync } from "node:fs";
import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";

import { asConfiguration } from "../../tools/render/stackFile.ts";

/** Sets the configuration as the engine hands it over: sections as JSON, scalars as text, `Pulumi.yaml`'s defaults filled in. */
export function configure(values: Record<string, unknown>, secretKeys: string[] = []): void {
    pulumi.runtime.setAllConfig(
        asConfiguration(values),
        secretKeys.map((key) => `siteregistry:${key}`),
    );
}

/** The values of a committed stack file. */
export function stackFile(stack: string): Record<string, unknown> {
    const text = readFileSync(join(import.meta.dirname, "..", "..", `Pulumi.${stack}.yaml`), "utf8");
    return (parse(text) as { config: Record<string, unknown> }).config;
}
