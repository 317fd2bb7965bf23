import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** A link that leads nowhere: the file that it is in, what it names, and why. */
export interface DeadLink {
    readonly file: string;
    readonly target: string;
    readonly cause: string;
}

/** Every link between the pages of a checkout that names a file or a heading that is not there. Those to other sites are not asked for. */
export function deadLinks(root: string): DeadLink[] {
    const pages = globSync(["*.md", "docs/**/*.md", "examples/**/*.md"], { cwd: root }).sort();
    return pages.flatMap((file) =>
        linksIn(readFileSync(join(root, file), "utf8")).flatMap((target) => {
            const cause = problemOf(root, file, target);
            return cause === undefined ? [] : [{ file, target, cause }];
        }),
    );
}

/** The targets of the links in a page, without those in code and those to other sites. */
export function linksIn(markdown: string): string[] {
    const targets = [...withoutCode(markdown).matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = ""]) => target);
    return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** The names that links have for the headings of a page, as GitHub makes them: the second of one text ends with `-1`. */
export function anchorsIn(markdown: string): string[] {
    const seen = new Map<string, number>();
    const headings = [...withoutFences(markdown).matchAll(/^#{1,6} (.+)$/gm)].map(([, text = ""]) => text);
    return headings.map((heading) => {
        const name = heading
            .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
            .toLowerCase()
            .replace(/[^\p{L}\p{N}_\- ]/gu, "")
            .replaceAll(" ", "-");
        const before = seen.get(name) ?? 0;
        seen.set(name, before + 1);
        return before === 0 ? name : `${name}-${before.toString()}`;
    });
}

function problemOf(root: string, file: string, target: string): string | undefined {
    const [path = "", anchor] = target.split("#");
    const found = path === "" ? file : normalize(join(dirname(file), path));
    const whole = join(root, found);
    if (!existsSync(whole)) return `there is no ${found}`;
    if (anchor === undefined || statSync(whole).isDirectory()) return undefined;
    if (anchorsIn(readFileSync(whole, "utf8")).includes(anchor)) return undefined;
    return `${found} has no heading #${anchor}`;
}

function withoutFences(markdown: string): string {
    return markdown.replace(/^(```+)[^\n]*\n.*?^\1$/gms, "");
}

/** Inline code goes after its brackets are looked at: a link's own text may be code. */
function withoutCode(markdown: string): string {
    return withoutFences(markdown).replace(/(?<!\[)`[^`\n]*`(?!\])/g, "");
}
