/** Whether a name fits a pattern of Harbor's filters: `*`, `?`, `[abc]`, `{a,b}`, and `**` as a whole component. */
export function fits(pattern: string, name: string): boolean {
    if (pattern === "") return true;
    return alternatives(pattern).some((one) => components(one.split("/"), name.split("/")));
}

/** The names that a pattern without wildcards means, or nothing if only a catalogue can tell. */
export function exactNames(pattern: string): string[] | undefined {
    if (pattern === "") return undefined;
    const names = alternatives(pattern);
    return names.some((name) => /[*?[\]\\]/.test(name)) ? undefined : names;
}

/** A pattern with its braces written out. Blanks in braces count. */
function alternatives(pattern: string): string[] {
    const match = /^([^{]*)\{([^{}]*)\}(.*)$/s.exec(pattern);
    if (match === null) return [pattern];
    const [, before = "", choices = "", after = ""] = match;
    return choices.split(",").flatMap((choice) => alternatives(`${before}${choice}${after}`));
}

function components(patterns: readonly string[], names: readonly string[]): boolean {
    const [pattern, ...rest] = patterns;
    if (pattern === undefined) return names.length === 0;
    if (pattern === "**") return names.length >= 0 && anyDepth(rest, names);
    const [name, ...others] = names;
    return name !== undefined && component(pattern).test(name) && components(rest, others);
}

function anyDepth(patterns: readonly string[], names: readonly string[]): boolean {
    for (let skipped = 0; skipped <= names.length; skipped += 1)
        if (components(patterns, names.slice(skipped))) return true;
    return false;
}

function component(pattern: string): RegExp {
    const text = pattern
        .replace(/[.+^$()|]/g, "\\$&")
        .replaceAll("*", ".*")
        .replaceAll("?", ".");
    try {
        return new RegExp(`^${text}$`);
    } catch {
        // A pattern that cannot be read, `a/[` for one, is stored all the same and fits nothing.
        return /$^/;
    }
}
