import ts from "typescript";

/** What a docstring says, with links as plain names. Empty without one. */
export function docOf(symbol: ts.Symbol, checker: ts.TypeChecker): string {
    const own = plainText(symbol.getDocumentationComment(checker));
    if (own !== "") return own;
    // A property of a mapped type, as `Omit` makes them, has its docstring where it was declared.
    const declared = symbol.declarations?.[0];
    const origin = declared && "symbol" in declared ? (declared.symbol as ts.Symbol) : undefined;
    return origin === undefined || origin === symbol ? "" : plainText(origin.getDocumentationComment(checker));
}

/** Whether a docstring says that what it is about is kept secret: `Secret.` or `Kept secret.`, a sentence of its own. */
export function tellsOfSecret(doc: string): boolean {
    return /(^|[.;] )(Kept secret[^.]*|Secret)\.( |$)/.test(doc);
}

function plainText(parts: ts.SymbolDisplayPart[]): string {
    return ts
        .displayPartsToString(parts)
        .replace(/\{@link\s+([^}\s]+)\s*\}/g, "`$1`")
        .replace(/\s*\n\s*/g, " ")
        .trim();
}
