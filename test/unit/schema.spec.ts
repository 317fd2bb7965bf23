import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ComponentResource } from "@pulumi/pulumi";
import ts from "typescript";

import * as exported from "../../main.ts";
import { resourceOf, resourceTypes } from "../../plugin/resources/resources.ts";
import { packageSchema } from "../../tools/schema/package.ts";
import type { PackageSpec, PropertySpec } from "../../tools/schema/shape.ts";
import { Types } from "../../tools/schema/types.ts";

const file = join(import.meta.dirname, "..", "..", "plugin", "schema.json");
const schema = JSON.parse(readFileSync(file, "utf8")) as PackageSpec;

/** Every property of the schema, by where it is. */
function everyProperty(): [string, PropertySpec][] {
    const groups = [
        ...Object.entries(schema.types).map(([name, { properties = {} }]) => [name, properties] as const),
        ...Object.entries(schema.resources).flatMap(([name, one]) => [
            [`${name} in`, one.inputProperties] as const,
            [`${name} out`, one.properties] as const,
        ]),
        ["provider in", schema.provider.inputProperties] as const,
    ];
    return groups.flatMap(([name, all]) =>
        Object.entries(all).map(([key, value]): [string, PropertySpec] => [
            `${name.replace("siteregistry:index:", "")}.${key}`,
            value,
        ]),
    );
}

describe("the package's schema", () => {
    it("is what the TypeScript says now: run `npm run generate` where it is not", function () {
        this.timeout(600_000);
        assert.deepEqual(schema, JSON.parse(JSON.stringify(packageSchema())));
    });

    it("has every component that a program can import, and every resource of the plugin", () => {
        const components = Object.entries(exported)
            .filter(([, value]) => (value as { prototype?: unknown }).prototype instanceof ComponentResource)
            .map(([name]) => `siteregistry:index:${name}`);
        assert.ok(components.length > 12, components.join());
        const wanted = [...components, ...resourceTypes].sort();
        assert.deepEqual(Object.keys(schema.resources).sort(), wanted);
        for (const name of components) assert.equal(schema.resources[name]?.isComponent, true, name);
    });

    it("finds each resource by its own type token, and names them all where there is none", async () => {
        for (const type of resourceTypes) assert.equal((await resourceOf(type)).type, type);
        await assert.rejects(resourceOf("siteregistry:index:Nothing"), /no resource .*Nothing; it has .*HarborRule/);
        await assert.rejects(resourceOf("random:index:HarborRule"), /no resource random:index:HarborRule/);
    });

    it("describes every argument, output, type and component", () => {
        const all = [...Object.entries(schema.resources), ...Object.entries(schema.types), ...everyProperty()];
        assert.ok(all.length > 700, all.length.toString());
        assert.deepEqual(
            all.filter(([, { description }]) => description.trim() === "").map(([place]) => place),
            [],
        );
    });

    it("refers to nothing that it has not got", () => {
        const known = new Set([...Object.keys(schema.types).map((token) => `#/types/${token}`), "pulumi.json#/Any"]);
        const referred = [...JSON.stringify(schema).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference);
        assert.deepEqual(
            referred.filter((reference) => !known.has(reference ?? "")),
            [],
        );
    });

    it("marks what is secret, and nothing else", () => {
        const marked = everyProperty().filter(([, { secret }]) => secret === true);
        const names = marked.map(([place]) => place.split(/[. ]/).at(-1) ?? "");
        assert.deepEqual([...new Set(names)].sort(), [
            "accessKey",
            "accessSecret",
            "adminPassword",
            "dockerconfigjson",
            "harborPassword",
            "key",
            "kubeconfig",
            "password",
            "passwords",
            "privateKey",
            "remote",
            "robotSecrets",
            "robotTokens",
            "secret",
            "secretConfig",
            "secretKey",
            "sourcePassword",
            "token",
            "tokens",
            "user",
        ]);
        const looksSecret = everyProperty().filter(
            ([place, { type, additionalProperties }]) =>
                /\.(\w*[pP]asswords?|privateKey|secretKey|\w*[tT]okens?)$/.test(place) &&
                (type === "string" || additionalProperties !== undefined),
        );
        assert.deepEqual(
            looksSecret.filter(([, { secret }]) => secret !== true).map(([place]) => place),
            [],
        );
    });

    it("says what must be given, and what must be known beforehand", () => {
        const { inputProperties = {}, requiredInputs = [] } =
            schema.resources["siteregistry:index:RegistryStack"] ?? {};
        assert.ok(["host", "users", "storage"].every((key) => requiredInputs.includes(key)));
        assert.ok(!["realm", "clusterIP", "gateway"].some((key) => requiredInputs.includes(key)));
        assert.equal(inputProperties.host?.plain, true);
        assert.equal(inputProperties.image?.plain, undefined);
        assert.equal(inputProperties.users?.plain, undefined);
        const user = schema.types["siteregistry:index:RegistryUser"];
        assert.deepEqual(user?.required, ["name"]);
        assert.deepEqual(user.properties?.role, {
            $ref: "#/types/siteregistry:index:RegistryUserRole",
            plain: true,
            description: "What the user may do. `push` (the default) includes pulling and deleting.",
        });
        assert.equal(user.properties.passwords?.secret, true);
        assert.equal(user.properties.passwords.plain, undefined);
    });
});

describe("TypeScript as other languages have it", function () {
    this.timeout(120_000);
    const folder = mkdtempSync(join(tmpdir(), "types-"));

    after(() => {
        rmSync(folder, { recursive: true, force: true });
    });

    function read(members: string) {
        const source = join(folder, "args.ts");
        writeFileSync(source, `export interface Args {\n${members}\n}\n`);
        const program = ts.createProgram([source], {
            strict: true,
            exactOptionalPropertyTypes: true,
            types: [],
            lib: ["lib.es2022.d.ts"],
        });
        const checker = program.getTypeChecker();
        const parsed = program.getSourceFile(source);
        const declared = parsed?.statements.find(ts.isInterfaceDeclaration);
        assert.ok(declared);
        const types = new Types(checker);
        return { types, found: types.inputs(checker.getTypeAtLocation(declared), "It") };
    }

    it("takes texts, numbers, lists, maps, choices and objects", () => {
        const { types, found } = read(`
            /** One. */ list: readonly string[];
            /** Two. */ map?: Readonly<Record<string, number>> | undefined;
            /** Three. Kept secret. */ choice: "a" | "b";
            /** Four. */ inner?: {
                /** Five. */
                flag: boolean;
            } | undefined;`);
        assert.deepEqual(types.mistakes, []);
        assert.deepEqual(found.required, ["list", "choice"]);
        assert.deepEqual(found.properties, {
            list: { type: "array", items: { type: "string", plain: true }, plain: true, description: "One." },
            map: {
                ...{ type: "object", additionalProperties: { type: "number", plain: true } },
                ...{ plain: true, description: "Two." },
            },
            choice: {
                ...{ $ref: "#/types/siteregistry:index:ItChoice", plain: true },
                ...{ description: "Three. Kept secret.", secret: true },
            },
            inner: { $ref: "#/types/siteregistry:index:ItInner", plain: true, description: "Four." },
        });
        assert.deepEqual(types.named["siteregistry:index:ItChoice"]?.enum, [{ value: "a" }, { value: "b" }]);
    });

    it("refuses what nobody has described, and what other languages have not", () => {
        const { types } = read("  bare: string;\n  /** A function. */ call: string | number;");
        assert.deepEqual(types.mistakes, [
            "It.bare: has no docstring",
            "It.call: other languages have no such type: string | number",
        ]);
    });

    it("refuses functions", () => {
        assert.equal(read("  /** A function. */ call: () => void;").types.mistakes.length, 1);
    });
});
