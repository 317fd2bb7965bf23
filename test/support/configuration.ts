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

/** What settings of a section cannot say: secrets, and a program that everybody gets for his own machines. */
const unsaid: Readonly<Record<string, Record<string, unknown>>> = {
    harbor: { harborCredentials: { admin: "Harbor12345" } },
    host: { sshKeys: { default: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" } },
    quay: { quayCredentials: { s3: { accessKey: "key", secretKey: "hunter2" } } },
};
const program = { path: "LICENSE", sha256: "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30" };

/** Settings of a file, with what such a file cannot say. */
export function completed(settings: Record<string, unknown>): Record<string, unknown> {
    const has = (section: string): boolean => `siteregistry:${section}` in settings;
    const secrets = Object.entries(unsaid).flatMap(([section, values]) => (has(section) ? Object.entries(values) : []));
    const host = settings["siteregistry:host"] as object | undefined;
    return {
        ...settings,
        ...Object.fromEntries(secrets),
        ...(host === undefined ? {} : { "siteregistry:host": { ...host, binary: program } }),
    };
}
