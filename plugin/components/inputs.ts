import type { PackageSchema, TypeSpec, ValueSpec } from "./schema.ts";
import { unmark } from "./wire.ts";

/** Inputs as a component takes them, and what is wrong with what came. */
export interface ReadInputs {
    readonly inputs: Record<string, unknown>;
    readonly mistakes: readonly string[];
}

/** Turns what may come later, or is secret, into an Output. Without it, inputs are only looked at. */
export type Lift = (raw: unknown) => unknown;

/**
 * Reads a component's inputs as its schema has them: values that must be known are handed on plain, the others as they came. Every
 * mistake is told with the property's path and what is wanted there, and the value unless it is secret.
 */
export function readInputs(
    raw: Readonly<Record<string, unknown>>,
    {
        inputProperties,
        requiredInputs,
    }: { inputProperties: Record<string, ValueSpec>; requiredInputs: readonly string[] },
    schema: PackageSchema,
    lift: Lift = (value) => value,
): ReadInputs {
    const reader = new Reader(schema, lift);
    const inputs = reader.object(raw, { properties: inputProperties, required: requiredInputs }, "", {});
    return { inputs, mistakes: reader.mistakes };
}

/** What is said of all that lies below a value. */
interface Above {
    /** Whether a value above is one that may come later, so that this one is only looked at. */
    readonly eventual?: boolean;
    readonly plain?: boolean;
    readonly secret?: boolean;
}

class Reader {
    readonly mistakes: string[] = [];
    private readonly schema: PackageSchema;
    private readonly lift: Lift;

    constructor(schema: PackageSchema, lift: Lift) {
        this.schema = schema;
        this.lift = lift;
    }

    object(
        raw: object,
        { properties = {}, required = [] }: TypeSpec,
        path: string,
        above: Above,
    ): Record<string, unknown> {
        const at = (key: string): string => (path === "" ? key : `${path}.${key}`);
        const result: Record<string, unknown> = {};
        // Null is what some languages give for what they leave out.
        const given = Object.entries(raw as Record<string, unknown>).filter(([, value]) => {
            const { known, value: inner } = unmark(value);
            return !known || inner !== undefined;
        });
        for (const [key, value] of given) {
            const spec = Object.hasOwn(properties, key) ? properties[key] : undefined;
            if (spec === undefined) {
                const known = Object.keys(properties).join(", ");
                this.mistakes.push(`${at(key)}: there is no such property; there are ${known}`);
            } else {
                result[key] = this.value(value, spec, at(key), above);
            }
        }
        const names = new Set(given.map(([key]) => key));
        for (const key of required.filter((one) => !names.has(one))) {
            const spec = properties[key];
            this.mistakes.push(
                `${at(key)}: is missing; it must be ${spec === undefined ? "given" : this.wanted(spec)}`,
            );
        }
        return result;
    }

    private value(raw: unknown, spec: ValueSpec, path: string, above: Above): unknown {
        const { value, secret, known } = unmark(raw);
        const plain = above.plain === true || spec.plain === true;
        const fixed = plain || spec.language?.siteregistry?.known === true;
        const below = {
            plain,
            eventual: above.eventual === true || !fixed,
            secret: above.secret === true || secret || spec.secret === true,
        };
        if (!known) {
            if (!fixed || above.eventual === true) return this.lift(raw);
            this.mistakes.push(`${path}: must be known before anything is made, and comes of what is not there yet`);
            return undefined;
        }
        if (secret && fixed && above.eventual !== true) {
            this.mistakes.push(`${path}: must not be secret as a whole; what is secret in it is kept so by itself`);
            return undefined;
        }
        const read = this.shaped(value, spec, path, below);
        return below.eventual && above.eventual !== true ? this.lift(raw) : read;
    }

    private shaped(value: unknown, spec: ValueSpec, path: string, below: Above): unknown {
        if (spec.$ref === "pulumi.json#/Any") return value;
        const type = this.typeOf(spec);
        if (type?.enum !== undefined) {
            const allowed = type.enum.map((one) => one.value);
            return allowed.includes(value as string) ? value : this.wrong(value, spec, path, below);
        }
        const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
        if (type !== undefined) {
            return isObject ? this.object(value, type, path, below) : this.wrong(value, spec, path, below);
        }
        const { items, additionalProperties } = spec;
        if (items !== undefined) {
            if (!Array.isArray(value)) return this.wrong(value, spec, path, below);
            return value.map((one, index) => this.value(one, items, `${path}[${index.toString()}]`, below));
        }
        if (additionalProperties !== undefined) {
            if (!isObject) return this.wrong(value, spec, path, below);
            const read = ([key, one]: [string, unknown]): [string, unknown] => [
                key,
                this.value(one, additionalProperties, `${path}.${key}`, below),
            ];
            return Object.fromEntries(Object.entries(value).map(read));
        }
        return typeof value === spec.type ? value : this.wrong(value, spec, path, below);
    }

    private wrong(value: unknown, spec: ValueSpec, path: string, { secret }: Above): unknown {
        const what = secret === true ? "the secret there is" : `${JSON.stringify(value)} is`;
        this.mistakes.push(`${path}: must be ${this.wanted(spec)}; ${what} ${kindOf(value)}`);
        return undefined;
    }

    private wanted(spec: ValueSpec): string {
        const type = this.typeOf(spec);
        if (type?.enum !== undefined) return `one of ${type.enum.map((one) => one.value).join(", ")}`;
        if (type !== undefined) return `an object with ${(type.required ?? []).join(", ") || "properties of its own"}`;
        if (spec.items !== undefined) return `a list, each of it ${this.wanted(spec.items)}`;
        if (spec.additionalProperties !== undefined) {
            return `a map, each value ${this.wanted(spec.additionalProperties)}`;
        }
        return nouns[spec.type ?? ""] ?? "a value";
    }

    private typeOf({ $ref }: ValueSpec): TypeSpec | undefined {
        return $ref === undefined ? undefined : this.schema.types[$ref.replace("#/types/", "")];
    }
}

const nouns: Readonly<Record<string, string>> = {
    string: "a text",
    number: "a number",
    integer: "a whole number",
    boolean: "true or false",
};

function kindOf(value: unknown): string {
    if (Array.isArray(value)) return "a list";
    return { string: "a text", number: "a number", boolean: "a boolean" }[typeof value as string] ?? "an object";
}
