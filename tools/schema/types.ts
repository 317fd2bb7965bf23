import { basename } from "node:path";

import ts from "typescript";

import { docOf, tellsOfSecret } from "./docs.ts";
import { tokenOf, type NamedTypeSpec, type PropertySpec, type TypeSpec } from "./shape.ts";

/** A type as the schema has it, and whether anything in it may be known only later. */
interface Read {
    readonly spec: TypeSpec;
    readonly eventual: boolean;
    /** Whether it may be known only later as a whole. */
    readonly whole: boolean;
}

/** Properties, and those of them that must be given. */
export interface Properties {
    readonly properties: Record<string, PropertySpec>;
    readonly required: string[];
}

/** Types that have another name in other languages, by file and name here: there, all of the package are in one room. */
const renamed: Readonly<Record<string, string>> = {
    "okdRegistryArgs.ts:Project": "OkdProject",
    "okdRegistryArgs.ts:TrustedRegistry": "OkdTrustedRegistry",
};

/** Turns TypeScript's types into those of the schema. What it cannot turn, and what nobody has described, is a mistake. */
export class Types {
    /** The types met so far, by token. */
    readonly named: Record<string, NamedTypeSpec> = {};
    /** What is wrong, each with the place it is at. */
    readonly mistakes: string[] = [];
    private readonly checker: ts.TypeChecker;
    /** Who has a name already. */
    private readonly owners = new Map<string, string>();
    private readonly eventual = new Map<string, boolean>();

    constructor(checker: ts.TypeChecker) {
        this.checker = checker;
    }

    /** Reads the properties of arguments, or of an object among them. */
    inputs(type: ts.Type, owner: string): Properties {
        return this.properties(type, owner, true).found;
    }

    /** Reads one output: what its `Output` holds. */
    output(symbol: ts.Symbol, held: ts.Type, place: string): PropertySpec {
        return this.describe(symbol, this.read(held, place, false).spec, place);
    }

    private properties(type: ts.Type, owner: string, input: boolean): { found: Properties; eventual: boolean } {
        const found: Properties = { properties: {}, required: [] };
        let eventual = false;
        for (const symbol of type.getProperties()) {
            const place = `${owner}.${symbol.name}`;
            const read = this.read(this.checker.getTypeOfSymbol(symbol), place, input);
            const spec = input ? inputSpec(read) : read.spec;
            found.properties[symbol.name] = this.describe(symbol, spec, place);
            if ((symbol.flags & ts.SymbolFlags.Optional) === 0) found.required.push(symbol.name);
            eventual ||= read.eventual;
        }
        return { found, eventual };
    }

    private describe(symbol: ts.Symbol, spec: TypeSpec, place: string): PropertySpec {
        // What is one thing of a kind that is described needs no words of its own.
        const description = docOf(symbol, this.checker) || (this.named[tokenIn(spec)]?.description ?? "");
        const named = this.named[tokenIn(spec)];
        // A choice without a name is described where it is offered.
        if (named?.description === "") named.description = description;
        if (description === "") this.mistakes.push(`${place}: has no docstring`);
        return { ...spec, description, ...(tellsOfSecret(description) ? { secret: true as const } : {}) };
    }

    private read(given: ts.Type, place: string, input: boolean): Read {
        if ((given.flags & ts.TypeFlags.Unknown) !== 0) {
            return { spec: { $ref: "pulumi.json#/Any" }, eventual: true, whole: true };
        }
        const type = this.checker.getNonNullableType(given);
        const promised = promisedBy(type);
        if (promised !== undefined) return { ...this.read(promised, place, input), eventual: true, whole: true };
        const simple = simpleType(type);
        if (simple !== undefined) return { spec: { type: simple }, eventual: false, whole: false };
        if (type.isUnion() || type.isStringLiteral())
            return { spec: this.choice(type, place), eventual: false, whole: false };
        if (this.checker.isArrayType(type)) {
            const [element] = this.checker.getTypeArguments(type as ts.TypeReference);
            return this.holding("items", "array", element, place, input);
        }
        const value = this.checker.getIndexTypeOfType(type, ts.IndexKind.String);
        if (value !== undefined) return this.holding("additionalProperties", "object", value, place, input);
        const isObject = (type.flags & ts.TypeFlags.Object) !== 0 && type.getCallSignatures().length === 0;
        if (isObject) return this.object(type, place, input);
        return this.unfit(type, place);
    }

    private holding(
        key: "items" | "additionalProperties",
        type: "array" | "object",
        held: ts.Type | undefined,
        place: string,
        input: boolean,
    ): Read {
        if (held === undefined) throw new Error(`${place}: holds nothing`);
        const read = this.read(held, `${place}[]`, input);
        // Go's generator has no name for objects that are only ever in plain lists.
        const eventual = read.eventual || this.named[tokenIn(read.spec)]?.type === "object";
        const inner = input ? inputSpec({ ...read, eventual }) : read.spec;
        return { spec: { type, [key]: inner }, eventual, whole: false };
    }

    private object(type: ts.Type, place: string, input: boolean): Read {
        const symbol = (type.aliasSymbol ?? type.symbol) as ts.Symbol | undefined;
        if (symbol === undefined) return this.unfit(type, place);
        const where = symbol.declarations?.[0];
        const file = where?.getSourceFile().fileName ?? "";
        const own = symbol.name.replace(/Args$/, "");
        const name = symbol.name === "__type" ? nameOfPlace(place) : (renamed[`${basename(file)}:${own}`] ?? own);
        const token = tokenOf(name);
        const owner = `${file}:${where?.pos.toString() ?? ""}`;
        if (this.claim(token, owner, place)) {
            this.named[token] = { type: "object", description: docOf(symbol, this.checker) };
            // Before its properties, for a type that holds itself.
            this.eventual.set(token, false);
            const { found, eventual } = this.properties(type, name, input);
            this.eventual.set(token, eventual);
            Object.assign(this.named[token], found);
        }
        return { spec: { $ref: `#/types/${token}` }, eventual: this.eventual.get(token) ?? false, whole: false };
    }

    private choice(type: ts.Type, place: string): TypeSpec {
        const members = type.isUnion() ? type.types : [type];
        const values = members.flatMap((one) => (one.isStringLiteral() ? [one.value] : []));
        if (values.length !== members.length) return this.unfit(type, place).spec;
        const symbol = type.aliasSymbol;
        const name = symbol?.name ?? nameOfPlace(place);
        const token = tokenOf(name);
        if (this.claim(token, values.join("|"), place)) {
            const description = (symbol && docOf(symbol, this.checker)) ?? "";
            this.named[token] = { type: "string", description, enum: values.map((value) => ({ value })) };
        }
        return { $ref: `#/types/${token}` };
    }

    /** Whether the name is free. Two types of one name would be one to other languages. */
    private claim(token: string, owner: string, place: string): boolean {
        const before = this.owners.get(token);
        if (before !== undefined && before !== owner) this.mistakes.push(`${place}: ${token} is another type already`);
        this.owners.set(token, before ?? owner);
        return before === undefined;
    }

    private unfit(type: ts.Type, place: string): Read {
        this.mistakes.push(`${place}: other languages have no such type: ${this.checker.typeToString(type)}`);
        return { spec: { type: "string" }, eventual: false, whole: false };
    }
}

/** What an `Input` or a promise may hold; undefined for any other type. */
export function promisedBy(type: ts.Type): ts.Type | undefined {
    const among = type.isUnion() ? type.types : [];
    const promise = among.find((one) => (one.symbol as ts.Symbol | undefined)?.name === "Promise");
    return promise && (promise as ts.TypeReference).typeArguments?.[0];
}

/** The type of an input, with what must be known of it. */
function inputSpec({ spec, eventual, whole }: Read): TypeSpec {
    if (!eventual) return { ...spec, plain: true };
    return whole ? spec : { ...spec, language: { siteregistry: { known: true } } };
}

/** Token of the type that a value, or each of a list of them, is of. */
function tokenIn({ $ref, items }: TypeSpec): string {
    return ($ref ?? items?.$ref ?? "").replace("#/types/", "");
}

function simpleType(type: ts.Type): "string" | "number" | "boolean" | undefined {
    if ((type.flags & ts.TypeFlags.String) !== 0) return "string";
    if ((type.flags & ts.TypeFlags.Number) !== 0) return "number";
    return (type.flags & ts.TypeFlags.BooleanLike) !== 0 ? "boolean" : undefined;
}

/** `RegistryStorage.accessMode` has the type `RegistryStorageAccessMode`. */
function nameOfPlace(place: string): string {
    return place
        .replaceAll("[]", "")
        .split(".")
        .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
        .join("");
}
