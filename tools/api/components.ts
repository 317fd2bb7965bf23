import { basename, dirname } from "node:path";

import ts from "typescript";

import { docOf, Sources, type Declared } from "./sources.ts";

/** A member: an argument, an output or a member of an object among them. */
export interface Member {
    readonly name: string;
    /** As the source has it, but for what every type has here. */
    readonly type: string;
    readonly required: boolean;
    readonly doc: string;
    /** Titles of the shapes in its type, by the names that the type has for them. */
    readonly shapes: ReadonlyMap<string, string>;
}

/** An object or a choice that members have as their type. */
export interface Shape {
    readonly name: string;
    /** Its name, with its folder where another one is called the same. */
    readonly title: string;
    readonly doc: string;
    readonly members: readonly Member[];
    /** The texts that are allowed, for a choice. */
    readonly choices: readonly string[];
}

/** A component as other programs see it. */
export interface Component {
    readonly name: string;
    /** Path of its file. */
    readonly file: string;
    readonly doc: string;
    readonly args: Shape;
    readonly outputs: readonly Member[];
    /** What it ends with when it cannot be made, with `…` for what differs. */
    readonly errors: readonly string[];
}

/** Reads the components and the shapes that they are made with. What has no docstring is a mistake. */
export class ComponentReader {
    /** The shapes that are met, by file and name, in the order in which they are. */
    readonly shapes = new Map<string, Shape>();
    /** What nobody has described, each by its place. */
    readonly mistakes: string[] = [];
    private readonly sources = new Sources();

    /** The component of a file, or undefined where there is none. */
    read(file: string): Component | undefined {
        const declared = this.sources
            .file(file)
            .statements.filter(ts.isClassDeclaration)
            .find((one) => one.heritageClauses?.some((clause) => clause.getText().includes("ComponentResource")));
        const constructor = declared?.members.find(ts.isConstructorDeclaration);
        const args = constructor?.parameters[1]?.type;
        if (declared?.name === undefined || args === undefined) return undefined;
        const name = declared.name.text;
        const found = this.sources.find(args.getText(), file);
        if (found === undefined || !ts.isInterfaceDeclaration(found.node))
            throw new Error(`${name}: its arguments are no interface: ${args.getText()}`);
        const outputs = declared.members.filter(isPublicProperty).map((one) => this.member(one, name, file));
        return {
            ...{ name, file, doc: this.described(docOf(declared), name) },
            args: this.shape(found as Declared<ts.InterfaceDeclaration>),
            outputs,
            errors: [...new Set(this.errors(file, file, new Set()))].sort(),
        };
    }

    private shape({ node, file }: Declared<ts.InterfaceDeclaration>): Shape {
        const name = node.name.text;
        const above = (node.heritageClauses ?? []).flatMap(({ types }) =>
            types.flatMap((type) => this.inherited(type, file)),
        );
        const own = node.members.filter(ts.isPropertySignature).map((one) => this.member(one, name, file));
        const members = [...own, ...above.filter((one) => own.every((other) => other.name !== one.name))];
        return { name, title: this.titleOf(name, file), doc: docOf(node), members, choices: [] };
    }

    /** Members of `Other`, or of `Omit<Other, "name">`. */
    private inherited({ expression, typeArguments }: ts.ExpressionWithTypeArguments, file: string): readonly Member[] {
        const [from, ...without] = (typeArguments ?? []).map((one) => one.getText());
        const omit = expression.getText() === "Omit";
        const above = this.sources.find(omit ? (from ?? "") : expression.getText(), file);
        if (above === undefined || !ts.isInterfaceDeclaration(above.node)) return [];
        const { members } = this.shape(above as Declared<ts.InterfaceDeclaration>);
        return omit ? members.filter(({ name }) => !without.join().includes(`"${name}"`)) : members;
    }

    private titleOf(name: string, file: string): string {
        const taken = [...this.shapes].some(([key, one]) => one.name === name && key !== keyOf(name, file));
        return taken ? `${name} (${basename(dirname(file))})` : name;
    }

    private member(node: ts.PropertySignature | ts.PropertyDeclaration, owner: string, file: string): Member {
        const name = node.name.getText();
        const met = node.type === undefined ? new Map<string, Shape>() : this.meet(node.type, file);
        // What is said of a shape is said of what has it, too.
        const said = met.size === 1 ? [...met.values()].map(({ doc }) => doc).join("") : "";
        const doc = this.described(docOf(node) || said, `${owner}.${name}`);
        const text = node.type === undefined ? "" : plainType(node.type.getText());
        const shapes = new Map([...met].map(([key, { title }]) => [key, title]));
        return { name, type: text, required: node.questionToken === undefined, doc, shapes };
    }

    /** Takes in the shapes that a type names. */
    private meet(type: ts.TypeNode, file: string): Map<string, Shape> {
        const met = new Map<string, Shape>();
        const visit = (node: ts.Node): void => {
            if (ts.isTypeReferenceNode(node)) {
                const shape = this.named(node.typeName.getText(), file);
                if (shape !== undefined) met.set(node.typeName.getText(), shape);
            }
            ts.forEachChild(node, visit);
        };
        visit(type);
        return met;
    }

    private named(name: string, file: string): Shape | undefined {
        const found = this.sources.find(name, file);
        if (found === undefined) return undefined;
        const key = keyOf(name, found.file);
        const known = this.shapes.get(key);
        if (known !== undefined) return known;
        const title = this.titleOf(name, found.file);
        const doc = docOf(found.node);
        if (ts.isInterfaceDeclaration(found.node)) {
            // Its place is before those of its members, and a shape may hold itself.
            this.shapes.set(key, { name, title, doc, members: [], choices: [] });
            const shape = this.shape(found as Declared<ts.InterfaceDeclaration>);
            this.shapes.set(key, shape);
            return shape;
        }
        const choices = ts.isTypeAliasDeclaration(found.node) ? this.choices(found.node.type, found.file) : [];
        if (choices.length === 0) return undefined;
        const shape = { name, title, doc, members: [], choices };
        this.shapes.set(key, shape);
        return shape;
    }

    /** The texts of `"a" | "b"`, or of `(typeof list)[number]`. */
    private choices(type: ts.TypeNode, file: string): string[] {
        const list = /^\(typeof (\w+)\)\[number\]$/.exec(type.getText())?.[1];
        const node = list === undefined ? type : this.sources.find(list, file)?.node;
        const texts: string[] = [];
        const visit = (one: ts.Node): void => {
            if (ts.isStringLiteral(one)) texts.push(one.text);
            ts.forEachChild(one, visit);
        };
        if (node !== undefined) visit(node);
        return ts.isUnionTypeNode(type) || list !== undefined ? texts : [];
    }

    /** The messages of errors in the file and in its rooms. */
    private errors(file: string, component: string, seen: Set<string>): string[] {
        if (seen.has(file) || !isRoomOf(file, component)) return [];
        seen.add(file);
        const messages: string[] = [];
        const visit = (node: ts.Node): void => {
            if (ts.isThrowStatement(node) && ts.isNewExpression(node.expression)) {
                const [first] = node.expression.arguments ?? [];
                const message = first === undefined ? undefined : messageOf(first);
                if (message !== undefined) messages.push(message);
            }
            ts.forEachChild(node, visit);
        };
        visit(this.sources.file(file));
        const deeper = this.sources.imports(file).flatMap((one) => this.errors(one.file, component, seen));
        return [...messages, ...deeper];
    }

    private described(doc: string, place: string): string {
        if (doc === "") this.mistakes.push(place);
        return doc;
    }
}

function keyOf(name: string, file: string): string {
    return `${file}#${name}`;
}

function isPublicProperty(member: ts.ClassElement): member is ts.PropertyDeclaration {
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
    return ts.isPropertyDeclaration(member) && (ts.getCombinedModifierFlags(member) & hidden) === 0;
}

/** Whether a file is a component's own, or in a folder of rooms; those of another component's file are told there. */
function isRoomOf(file: string, component: string): boolean {
    return file === component || /\/components\/[^/]+\//.test(file);
}

/** A text without what stands in it, or undefined where it is none. */
function messageOf(node: ts.Expression): string | undefined {
    if (ts.isStringLiteralLike(node)) return node.text;
    if (!ts.isTemplateExpression(node)) return undefined;
    return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join("");
}

function plainType(text: string): string {
    return text
        .replace(/\/\*.*?\*\//gs, "")
        .replace(/\s+/g, " ")
        .replace(/\bpulumi\./g, "")
        .replace(/\breadonly /g, "")
        .replace(/ \| undefined$/, "");
}
