import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { isRecord } from "../../settings/record.ts";
import { project, scalars } from "../../settings/schema.ts";
import { Refusal } from "../ca/refusal.ts";
import { placeholderKey, unknown } from "./placeholders.ts";

/** Stands for a value that the stack file holds encrypted. */
export const encrypted = "[encrypted]";

const checkout = join(import.meta.dirname, "..", "..");

/** A stack's configuration as far as it can be read without its passphrase. */
export interface StackFile {
    /** Values by key, as the file has them, with a text in the place of each encrypted one. */
    readonly values: Readonly<Record<string, unknown>>;
    /** What a placeholder stands for, by key, in words. */
    readonly stoodInFor: readonly string[];
}

/**
 * Reads the file of a stack, `Pulumi.<stack>.yaml` of this checkout or `file`.
 * Throws a `Refusal` where there is none, or where it is no YAML of that form.
 */
export function readStackFile(stack: string, file?: string): StackFile {
    const known = stacks();
    if (file === undefined && !known.includes(stack)) {
        throw new Refusal(
            `there is no stack ${stack}`,
            `allowed are ${known.join(", ")}, or a file with --config-file`,
        );
    }
    const path = file ?? join(checkout, `Pulumi.${stack}.yaml`);
    const config = configOf(path);
    const stoodInFor: string[] = [];
    const values: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(config)) values[withPrefix(key)] = standIn(key, value, stoodInFor);
    return { values: withCredentials(values, stoodInFor), stoodInFor };
}

/** The configuration as the engine hands it over: sections as JSON, scalars as text, `Pulumi.yaml`'s defaults filled in. */
export function asConfiguration(values: Readonly<Record<string, unknown>>): Record<string, string> {
    const defaults = Object.entries(scalars).map(([key, scalar]) => [`${project}:${key}`, scalar.parse(undefined)]);
    const given = Object.entries(values).map(([key, value]) => [
        withPrefix(key),
        typeof value === "string" ? value : JSON.stringify(value),
    ]);
    return Object.fromEntries([...defaults, ...given]) as Record<string, string>;
}

function stacks(): string[] {
    const names = readdirSync(checkout).map((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1]);
    return names.filter((name) => name !== undefined).sort();
}

function configOf(path: string): Record<string, unknown> {
    const remedy = "it is made by: npx pulumi stack init, and pulumi config set";
    let content: unknown;
    try {
        content = parse(readFileSync(path, "utf8"));
    } catch (error) {
        throw new Refusal(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, remedy);
    }
    const config = isRecord(content) ? (content.config ?? {}) : undefined;
    if (!isRecord(config)) throw new Refusal(`${path} has no map under config`, remedy);
    return config;
}

function withPrefix(key: string): string {
    return key.includes(":") ? key : `${project}:${key}`;
}

/** The value with a text in the place of everything that is encrypted. */
function standIn(path: string, value: unknown, stoodInFor: string[]): unknown {
    if (Array.isArray(value))
        return value.map((item, index) => standIn(`${path}[${index.toString()}]`, item, stoodInFor));
    if (!isRecord(value)) return value;
    if (typeof value.secure === "string" && Object.keys(value).length === 1) {
        stoodInFor.push(`${path} is encrypted`);
        return path.startsWith(`${project}:sshKeys`) ? placeholderKey(encrypted) : encrypted;
    }
    const entries = Object.entries(value).map(([key, item]) => [key, standIn(`${path}.${key}`, item, stoodInFor)]);
    return Object.fromEntries(entries);
}

/** With the logins that a checkout need not have and that decide nothing of what is made: of a Harbor, a bucket, machines over SSH. */
function withCredentials(values: Record<string, unknown>, stoodInFor: string[]): Record<string, unknown> {
    const section = (...path: string[]): unknown => at(values[`${project}:${path[0] ?? ""}`], path.slice(1));
    const overSsh = [section("nodeTrust", "hosts"), section("host"), section("harbor", "install", "installer")];
    const wanted: Record<string, Record<string, string>> = {
        harborCredentials:
            isRecord(section("harbor")) && section("harbor", "install") === undefined ? { admin: unknown } : {},
        s3Credentials:
            section("registry", "storage", "kind") === "s3" ? { accessKey: unknown, secretKey: unknown } : {},
        sshKeys: overSsh.some(isGiven) ? { default: placeholderKey(unknown) } : {},
    };
    const filled = Object.entries(wanted).flatMap(([key, members]) => {
        const given = values[`${project}:${key}`];
        const record = isRecord(given) ? given : {};
        const missing = Object.entries(members).filter(([member]) => !(member in record));
        if (missing.length === 0) return [];
        if (given === undefined)
            stoodInFor.push(...missing.map(([member]) => `${project}:${key}.${member} is not there`));
        return [[`${project}:${key}`, { ...record, ...Object.fromEntries(missing) }] as const];
    });
    return { ...values, ...Object.fromEntries(filled) };
}

function at(value: unknown, path: readonly string[]): unknown {
    return path.reduce<unknown>((above, key) => (isRecord(above) ? above[key] : undefined), value);
}

function isGiven(value: unknown): boolean {
    return Array.isArray(value) ? value.length > 0 : value !== undefined;
}
