import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import ts from "typescript";

/** A declaration, and the file that it is in, by which names in it are looked up. */
export interface Declared<Node extends ts.Node = ts.Declaration> {
    readonly node: Node;
    readonly file: string;
}

/** TypeScript files as they stand: parsed, and names followed through imports. No types are checked, which would take seconds. */
export class Sources {
    private readonly files = new Map<string, ts.SourceFile>();

    /** The file, parsed. */
    file(path: string): ts.SourceFile {
        const known = this.files.get(path);
        if (known !== undefined) return known;
        const parsed = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ES2022, true);
        this.files.set(path, parsed);
        return parsed;
    }

    /** What a name means in a file: declared there, or imported from another file of this checkout. */
    find(name: string, path: string): Declared | undefined {
        const source = this.file(path);
        for (const statement of source.statements) {
            const isType = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
            if ((isType || ts.isClassDeclaration(statement)) && statement.name?.text === name)
                return { node: statement, file: path };
            if (ts.isVariableStatement(statement)) {
                const found = statement.declarationList.declarations.find((one) => one.name.getText() === name);
                if (found !== undefined) return { node: found, file: path };
            }
        }
        const from = this.imports(path).find(({ names }) => names.includes(name));
        return from === undefined ? undefined : this.find(name, from.file);
    }

    /** The files of this checkout that a file imports, with the names. */
    imports(path: string): { file: string; names: string[] }[] {
        return this.file(path).statements.flatMap((statement) => {
            if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
            const { moduleSpecifier } = statement;
            if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return [];
            if (!moduleSpecifier.text.startsWith(".")) return [];
            const bindings = ts.isImportDeclaration(statement)
                ? statement.importClause?.namedBindings
                : statement.exportClause;
            const names =
                bindings !== undefined && (ts.isNamedImports(bindings) || ts.isNamedExports(bindings))
                    ? bindings.elements.map(({ name }) => name.text)
                    : [];
            return [{ file: join(dirname(path), moduleSpecifier.text), names }];
        });
    }
}

/** The docstring of a declaration as one line, with links as names. Empty without one. */
export function docOf(node: ts.Node): string {
    const [last] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).slice(-1);
    const text = ts.getTextOfJSDocComment(last?.comment) ?? "";
    return text
        .replace(/\{@link\s+([^}\s]+)\s*\}/g, "`$1`")
        .replace(/\s*\n\s*/g, " ")
        .trim();
}
