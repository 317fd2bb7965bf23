import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What the schema says of a value. `plain`: all of it must be known beforehand. */
export interface ValueSpec {
    readonly type?: string;
    readonly $ref?: string;
    readonly items?: ValueSpec;
    readonly additionalProperties?: ValueSpec;
    readonly plain?: boolean;
    readonly secret?: boolean;
    /** `known`: what it is made of must be known, while values in it may come later. */
    readonly language?: { readonly siteregistry?: { readonly known?: boolean } };
}

/** An object with properties of its own, or a choice of texts. */
export interface TypeSpec {
    readonly properties?: Readonly<Record<string, ValueSpec>>;
    readonly required?: readonly string[];
    readonly enum?: readonly { readonly value: string }[];
}

/** A component. */
export interface ComponentSpec {
    readonly isComponent?: boolean;
    readonly inputProperties: Readonly<Record<string, ValueSpec>>;
    readonly requiredInputs: readonly string[];
    readonly properties: Readonly<Record<string, unknown>>;
}

/** What of the package's schema is needed to make a component. */
export interface PackageSchema {
    readonly types: Readonly<Record<string, TypeSpec>>;
    readonly resources: Readonly<Record<string, ComponentSpec>>;
}

/** Pulumi's schema of the package, as `npm run generate` has made it of the TypeScript. */
export function schemaText(): string {
    return readFileSync(join(import.meta.dirname, "..", "schema.json"), "utf8");
}

let parsed: PackageSchema | undefined;

/** The same, read. */
export function packageSchema(): PackageSchema {
    parsed ??= JSON.parse(schemaText()) as PackageSchema;
    return parsed;
}
