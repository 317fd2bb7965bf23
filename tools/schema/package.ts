import { readFileSync, globSync } from "node:fs";
import { basename, join } from "node:path";

import ts from "typescript";

import { docOf } from "./docs.ts";
import { packageName, tokenOf, type PackageSpec, type ResourceSpec } from "./shape.ts";
import { Types } from "./types.ts";

const root = join(import.meta.dirname, "..", "..");

/** A class that is a resource, and what it is made with. */
interface Declared {
    readonly name: string;
    readonly symbol: ts.Symbol;
    readonly base: string;
}

/**
 * Pulumi's schema of this package: the components that `main.ts` exports, the resources of `plugin/sdk` and the plugin's provider, with
 * every argument and output that their TypeScript has, and their docstrings. Throws all that other languages could not use, at once.
 */
export function packageSchema(): PackageSpec {
    const sdk = globSync("plugin/sdk/*.ts", { cwd: root }).sort();
    const program = ts.createProgram(
        ["main.ts", ...sdk].map((file) => join(root, file)),
        {
            ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: true, noEmit: true, types: ["node"] },
            ...{ target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext },
            ...{ moduleResolution: ts.ModuleResolutionKind.NodeNext, allowImportingTsExtensions: true },
        },
    );
    const checker = program.getTypeChecker();
    const types = new Types(checker);
    const classes = (file: string): Declared[] => exportedClasses(program, checker, join(root, file));
    const resources: Record<string, ResourceSpec> = {};
    let provider: ResourceSpec | undefined;
    for (const one of [...classes("main.ts"), ...sdk.flatMap(classes)]) {
        if (one.base === "ProviderResource") provider = resourceOf(one, types, checker);
        else if (one.base === "CustomResource") resources[tokenOf(one.name)] = resourceOf(one, types, checker);
        else if (one.base === "ComponentResource") {
            resources[tokenOf(one.name)] = { isComponent: true, ...resourceOf(one, types, checker) };
        }
    }
    if (types.mistakes.length > 0) throw new Error(types.mistakes.join("\n"));
    if (provider === undefined) throw new Error("plugin/sdk has no provider");
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, string>;
    const { version = "", description = "", license = "" } = manifest;
    return {
        ...{ name: packageName, version, displayName: "siteregistry", description, license },
        meta: { supportPack: true },
        language: { go: { importBasePath: `${packageName}/sdk/go/${packageName}`, respectSchemaVersion: true } },
        types: sorted(types.named),
        resources: sorted(resources),
        provider,
    };
}

function exportedClasses(program: ts.Program, checker: ts.TypeChecker, file: string): Declared[] {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`${basename(file)} is no module`);
    return checker.getExportsOfModule(module).flatMap((exported) => {
        const alias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
        const symbol = alias ? checker.getAliasedSymbol(exported) : exported;
        const [declaration] = symbol.declarations ?? [];
        if (declaration === undefined || !ts.isClassDeclaration(declaration)) return [];
        const [base] = checker.getBaseTypes(checker.getDeclaredTypeOfSymbol(symbol) as ts.InterfaceType);
        return [{ name: symbol.name, symbol, base: base?.getSymbol()?.name ?? "" }];
    });
}

function resourceOf({ name, symbol }: Declared, types: Types, checker: ts.TypeChecker): ResourceSpec {
    const declaration = symbol.declarations?.[0] as ts.ClassDeclaration;
    const [constructor] = declaration.members.filter(ts.isConstructorDeclaration);
    const args = constructor?.parameters[1]?.type;
    if (args === undefined) throw new Error(`${name}: its constructor has no arguments with a type`);
    const inputs = types.inputs(checker.getTypeAtLocation(args), name);
    const properties: ResourceSpec["properties"] = {};
    for (const member of declaration.members) {
        if (!ts.isPropertyDeclaration(member) || member.type === undefined || !isPublic(member)) continue;
        const held = heldByOutput(member.type, checker);
        const property = checker.getSymbolAtLocation(member.name);
        if (held === undefined || property === undefined) continue;
        properties[property.name] = types.output(property, held, `${name}.${property.name}`);
    }
    const description = docOf(symbol, checker);
    if (description === "") types.mistakes.push(`${name}: has no docstring`);
    return {
        description,
        ...{ inputProperties: inputs.properties, requiredInputs: inputs.required },
        ...{ properties, required: Object.keys(properties) },
    };
}

/** What of `pulumi.Output<What>`. A public field of another type is for TypeScript alone. */
function heldByOutput(node: ts.TypeNode, checker: ts.TypeChecker): ts.Type | undefined {
    if (!ts.isTypeReferenceNode(node) || !/(^|\.)Output$/.test(node.typeName.getText())) return undefined;
    const [held] = node.typeArguments ?? [];
    return held && checker.getTypeFromTypeNode(held);
}

function isPublic(member: ts.PropertyDeclaration): boolean {
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
    return (ts.getCombinedModifierFlags(member) & hidden) === 0;
}

function sorted<Value>(all: Record<string, Value>): Record<string, Value> {
    return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
}
