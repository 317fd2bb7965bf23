import fc from "fast-check";

import { schema } from "../../settings/schema.ts";
import { edges, words } from "./edges.ts";
import { recordOf, root, type SchemaNode, type Values } from "./schemaNode.ts";

/**
 * How often a setting that may be absent is given: any, a section in a section, one that chooses a kind, a top section. How often
 * a wrong value stands for a given one, how often what stands outside the schema is there, and how often there is a
 * Harbor, how often what does not go together is put right.
 */
const odds = {
    present: 0.3,
    subsection: 0.45,
    choice: 0.75,
    section: 0.9,
    broken: 0.006,
    rare: 0.02,
    harbor: 0.04,
    tidy: 0.7,
};

/**
 * Configurations made from the schema itself, so that a new setting is covered without a word here: good values, values
 * at the edge, and a few broken ones. One setting against another, which no JSON schema tells, is left to chance in some of
 * them; the others are {@link tidied}. What is refused all the same can be {@link mended}.
 */
export function settingsArbitrary(): fc.Arbitrary<Values> {
    const given = fc.record({
        plain: objectOf(root, odds.section),
        passwords,
        credentials,
        logins,
        stray: rarely(stray),
        harbor: chance(odds.harbor, fc.constant(true), fc.constant(false)),
        tidy: chance(1 - odds.tidy, fc.constant(false), fc.constant(true)),
        seed: fc.nat(2 ** 24),
    });
    return given.map(
        ({ plain, passwords: secret, credentials: keys, logins: given, stray: more, harbor, tidy, seed }) => {
            // A Harbor has so many settings of its own that few sites with one would be without a mistake.
            // An OKD cluster is no other: neither part of a site goes with it, and no API server but its own knows its kinds.
            // A registry on a machine needs a file whose SHA-256 no generator finds.
            const { harbor: copied, ...others } = plain as Values;
            delete others.okd;
            delete others.host;
            const asked: Values = harbor ? { ...others, ...(copied === undefined ? {} : { harbor: copied }) } : others;
            const sections = tidy ? tidied(asked, seed) : asked;
            const bucket = recordOf(recordOf(sections.registry).storage).kind === "s3";
            return {
                ...sections,
                ...(secret === undefined ? {} : { passwords: secret }),
                ...(keys.stray || (tidy && bucket) ? { s3Credentials: keys.pair } : {}),
                ...(given === undefined ? {} : { nodeCredentials: given }),
                ...harborSecrets(sections),
                ...more,
            };
        },
    );
}

/** What the Harbor and its endpoints log in with, as far as they are given as they shall be. */
function harborSecrets({ harbor }: Values): Values {
    if (harbor === undefined) return {};
    const given = Object.values(recordOf(recordOf(harbor).endpoints)).map(recordOf);
    const names = given.filter(({ accessKey }) => typeof accessKey === "string").map(({ name }) => String(name));
    const endpoints = Object.fromEntries(names.map((name) => [name, byHand]));
    return { harborCredentials: { admin: byHand, ...(names.length === 0 ? {} : { endpoints }) } };
}

/** What hand has to put right: broken values stay broken, but sections go together as the schema says that they must. */
function tidied(values: Values, seed: number): Values {
    let tried = values;
    for (let round = 0; round < 12; round += 1) {
        const refused = schema.safeParse(tried).error?.issues.filter((issue) => issue.code === "custom") ?? [];
        if (refused.length === 0) break;
        const paths = refused.map((issue) => issue.path.map(String));
        tried = mended(tried, paths, {}, seed + round);
    }
    return tried;
}

/**
 * The configuration with what was refused put right: what was given is taken out or gets back what it has in `base`, and what
 * was missed is given, as the schema has it. An entry of a list goes with its list. `seed` decides what is given.
 */
export function mended(values: Values, refused: readonly (readonly string[])[], base: Values, seed: number): Values {
    const copy = structuredClone(values);
    const paths = new Map(refused.map((path) => [JSON.stringify(path), path]));
    for (const path of paths.values()) mend(copy, base, root, path, seed);
    return copy;
}

function mend(values: Values, base: Values, node: SchemaNode, path: readonly string[], seed: number): void {
    const [step = "", ...rest] = path;
    // Another refusal took that entry already, or one before it.
    if (Array.isArray(values) && !(step in values)) return;
    const below = Array.isArray(values) ? node.items : node.properties?.[step];
    // A section that is absent has defaults, and one of them was refused.
    if (rest.length > 0 && !(step in values) && below?.type === "object") values[step] = {};
    const given = values[step];
    const inside = rest.length > (Array.isArray(given) ? 1 : 0);
    if (inside && typeof given === "object" && given !== null)
        mend(given as Values, recordOf(base[step]), below ?? {}, rest, seed);
    // Not deleted: a list has no holes.
    else if (Array.isArray(values) && step in values) values.splice(Number(step), 1);
    else if (step in base) values[step] = structuredClone(base[step]);
    // Not assigned `undefined`, which would still be a key that is given.
    else if (step in values && node.required?.includes(step) !== true) Reflect.deleteProperty(values, step);
    else if (below !== undefined) values[step] = fc.sample(goodValue(below), { numRuns: 1, seed })[0];
    // Secrets stand outside the schema. They are texts by name.
    else if (rest.length > 0) values[step] = Object.fromEntries([[rest.join("."), byHand]]);
    else values[step] = byHand;
}

const byHand = "given by hand";

/** Passwords by hand, for users that mostly exist. Rare, because each costs a slow hash. */
const passwords = rarely(
    fc.dictionary(
        fc.oneof({ weight: 9, arbitrary: fc.constant("registry") }, fc.constantFrom("ci", "nobody")),
        fc.constantFrom(
            ...[
                "",
                "correct horse",
                "p".repeat(72),
                "ä".repeat(36),
                "p".repeat(73),
                "pa$$word-long",
                `quo"te'password`,
            ],
            ...["line\nbreak-long", 7 as never],
        ),
        { minKeys: 1, maxKeys: 2 },
    ),
);

/** Keys of a bucket, which are wanted for one kind of storage only. */
const credentials = fc.record({
    pair: chance(
        odds.rare,
        fc.constantFrom<unknown>(
            {},
            "x",
            { accessKey: "", secretKey: 1 },
            { accessKey: "AKIDEXAMPLE", secret: "wrong" },
        ),
        fc.constant({ accessKey: "AKIDEXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG" }),
    ),
    stray: chance(odds.rare, fc.constant(true), fc.constant(false)),
});

/** Logins of nodes, for hosts that mostly are the registry's. */
const logins = rarely(
    fc.dictionary(
        fc.constantFrom("registry.example.org", "registry.example.org", "nobody.example.org"),
        fc.constantFrom<unknown>(
            { user: "ops", password: "correct horse battery" },
            { user: "a:b", password: "correct horse battery" },
            { user: "ops" },
            "correct horse battery",
        ),
        { minKeys: 1, maxKeys: 2 },
    ),
);

const stray = fc.dictionary(fc.constantFrom("nodetrust", "registries", "hosts"), fc.constantFrom<unknown>({}, "x", 1));

function rarely<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
    return chance(odds.rare, arbitrary, fc.constant(undefined));
}

/** A value for one place of the schema: mostly a good one. */
function valueOf(node: SchemaNode): fc.Arbitrary<unknown> {
    return chance(odds.broken, anything, goodValue(node));
}

function chance<A, B>(share: number, rare: fc.Arbitrary<A>, usual: fc.Arbitrary<B>): fc.Arbitrary<A | B> {
    return fc.oneof(
        { weight: Math.round((1 - share) * 1000), arbitrary: usual },
        { weight: Math.round(share * 1000), arbitrary: rare },
    );
}

/** What a person may put there by mistake. */
const anything: fc.Arbitrary<unknown> = fc.oneof(
    fc.constantFrom(...edges),
    fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e21, [], {}, [null], [[]], { name: "x" }, ["a", "a"], [{}]),
    fc.string({ maxLength: 300 }),
);

/** Made once: those of patterns take fast-check long, many places have the same, and mending asks for them again and again. */
const made = new Map<string, fc.Arbitrary<unknown>>();

function goodValue(node: SchemaNode): fc.Arbitrary<unknown> {
    const shape = JSON.stringify(node, (key, value: unknown) => (key === "description" ? undefined : value));
    const known = made.get(shape) ?? goodValueOf(node);
    made.set(shape, known);
    return known;
}

function goodValueOf(node: SchemaNode): fc.Arbitrary<unknown> {
    if (node.const !== undefined) return fc.constant(node.const);
    if (node.enum !== undefined) return fc.constantFrom(...node.enum);
    if (node.anyOf !== undefined) return fc.oneof(...node.anyOf.map(goodValue));
    if (node.allOf !== undefined) return goodValue(Object.assign({}, ...node.allOf) as SchemaNode);
    switch (node.type) {
        case "object":
            return objectOf(node, odds.present);
        case "array":
            return arrayOf(node);
        case "string":
            return textOf(node);
        case "integer":
        case "number":
            return numberOf(node);
        case "boolean":
            return fc.boolean();
        default:
            return anything;
    }
}

function objectOf(node: SchemaNode, present: number): fc.Arbitrary<unknown> {
    const required = node.required ?? [];
    const absent = Symbol("absent");
    const members = Object.entries(node.properties ?? {}).map(([key, child]) => {
        const value = valueOf(child);
        // A required setting is forgotten now and then.
        const usual = child.enum !== undefined ? odds.choice : child.type === "object" ? odds.subsection : 0;
        const share = required.includes(key) ? 1 - odds.broken / 3 : Math.max(present, usual);
        return [key, chance(1 - share, fc.constant(absent), value)] as const;
    });
    const misspelt = chance(1 - odds.broken / 5, fc.constant({}), fc.constant({ misspelt: "x" }));
    const known = fc.tuple(fc.record(Object.fromEntries(members)), misspelt).map(([object, more]) => ({
        ...Object.fromEntries(Object.entries(object).filter(([, value]) => value !== absent)),
        ...more,
    }));
    const free = node.additionalProperties;
    if (typeof free !== "object") return known;
    const keys = fc.constantFrom(...edges.filter((text) => text.length > 0));
    return fc.tuple(known, fc.dictionary(keys, valueOf(free), { maxKeys: 3 })).map(([a, b]) => ({ ...b, ...a }));
}

function arrayOf(node: SchemaNode): fc.Arbitrary<unknown> {
    const item = node.items === undefined ? anything : valueOf(node.items);
    const minLength = node.minItems ?? 0;
    const maxLength = Math.max(minLength, Math.min(node.maxItems ?? 4, minLength + 4));
    // Most lists refuse an entry that is there twice, so most of these have none.
    return chance(
        odds.broken,
        fc.array(item, { maxLength: 3 }),
        fc.uniqueArray(item, { minLength, maxLength, selector: (value) => JSON.stringify(value) }),
    );
}

function textOf(node: SchemaNode): fc.Arbitrary<string> {
    const { minLength = 0, maxLength = 2 ** 16, pattern } = node;
    const fits = (text: string): boolean =>
        text.length >= minLength &&
        text.length <= maxLength &&
        (pattern === undefined || new RegExp(pattern).test(text));
    const good = [...words, ...edges].filter(fits);
    const known: fc.Arbitrary<string>[] = good.length === 0 ? [] : [fc.constantFrom(...good)];
    if (pattern === undefined) {
        const common = words.filter(fits);
        const any = fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 40) });
        return common.length === 0 ? any : chance(odds.rare, any, fc.constantFrom(...common));
    }
    // fast-check knows no look-ahead; what it would have kept out is kept out here.
    return fc.oneof(...known, fc.stringMatching(new RegExp(withoutLookAhead(pattern))).filter(fits));
}

function withoutLookAhead(pattern: string): string {
    const begin = pattern.search(/\(\?<?[=!]/);
    if (begin < 0) return pattern;
    let end = begin;
    for (let depth = 0, inClass = false; end < pattern.length; end += 1) {
        const sign = pattern[end];
        if (sign === "\\") end += 1;
        else if (sign === "[" || sign === "]") inClass = sign === "[";
        else if (!inClass && sign === "(") depth += 1;
        else if (!inClass && sign === ")" && (depth -= 1) === 0) break;
    }
    return withoutLookAhead(pattern.slice(0, begin) + pattern.slice(end + 1));
}

function numberOf(node: SchemaNode): fc.Arbitrary<number> {
    const min = node.minimum ?? (node.exclusiveMinimum === undefined ? -(2 ** 31) : node.exclusiveMinimum + 1);
    const max = node.maximum ?? (node.exclusiveMaximum === undefined ? 2 ** 31 : node.exclusiveMaximum - 1);
    const near = [min, min + 1, max, max - 1, 0, 1, 2, 3, 24, 8760].filter((value) => value >= min && value <= max);
    return fc.oneof(fc.constantFrom(...near), fc.integer({ min, max }));
}
