/** Whether a text fits one of Harbor's patterns (doublestar): `*`, `**`, `?`, `[a-z]`, `{one,other}`, `\` before a character. */
export function isMatch(pattern: string, text: string): boolean {
    return new RegExp(`^${expression(pattern)}$`, "u").test(text);
}

function expression(pattern: string): string {
    let made = "";
    let braces = 0;
    for (let index = 0; index < pattern.length; index += 1) {
        const rest = pattern.slice(index);
        const character = pattern.charAt(index);
        const set = /^\[([!^]?)((?:\\.|[^\]\\])+)\]/.exec(rest);
        if (rest.startsWith("**/")) {
            made += "(?:[^/]*/)*";
            index += 2;
        } else if (rest.startsWith("**")) {
            made += ".*";
            index += 1;
        } else if (character === "*") made += "[^/]*";
        else if (character === "?") made += "[^/]";
        else if (set !== null) {
            made += `[${set[1] === "" ? "" : "^"}${(set[2] ?? "").replace(/[[\]&]/g, "\\$&")}]`;
            index += set[0].length - 1;
        } else if (character === "{") {
            made += "(?:";
            braces += 1;
        } else if (character === "}" && braces > 0) {
            made += ")";
            braces -= 1;
        } else if (character === "," && braces > 0) made += "|";
        else {
            const literal = character === "\\" ? pattern.charAt((index += 1)) : character;
            made += literal.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
        }
    }
    return made;
}
