/**
 * What Pulumi's package schema says of a type, as far as this package needs it. `plain`: all of it must be known beforehand.
 * `known`: it must be known what it is made of, while values in it may come later; Pulumi has no word for that.
 */
export interface TypeSpec {
    type?: "string" | "number" | "integer" | "boolean" | "array" | "object";
    $ref?: string;
    items?: TypeSpec;
    additionalProperties?: TypeSpec;
    plain?: true;
    language?: { siteregistry?: { known: true } };
}

/** A property: its type and what is said of it. */
export interface PropertySpec extends TypeSpec {
    description: string;
    secret?: true;
}

/** An object with properties of its own, or a choice of texts. */
export interface NamedTypeSpec {
    type: "object" | "string";
    description: string;
    properties?: Record<string, PropertySpec>;
    required?: string[];
    enum?: { value: string }[];
}

/** A resource or a component. */
export interface ResourceSpec {
    description: string;
    isComponent?: true;
    inputProperties: Record<string, PropertySpec>;
    requiredInputs: string[];
    properties: Record<string, PropertySpec>;
    required: string[];
}

/** The schema of a package. */
export interface PackageSpec {
    name: string;
    version: string;
    displayName: string;
    description: string;
    license: string;
    language: Record<string, unknown>;
    meta: { supportPack: boolean };
    types: Record<string, NamedTypeSpec>;
    resources: Record<string, ResourceSpec>;
    provider: ResourceSpec;
}

/** The package, which is also the plugin's name. */
export const packageName = "siteregistry";

/** Token of a type or resource. */
export function tokenOf(name: string): string {
    return `${packageName}:index:${name}`;
}
