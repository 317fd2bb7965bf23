import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

import { Refusal } from "./ca/refusal.ts";
import { commentOf, markerOf } from "./review/comment.ts";
import { github, gitlab, writeComment } from "./review/forge.ts";
import { readViolations } from "./review/policyEvents.ts";
import { readPreview } from "./review/preview.ts";

/** Says what a change does to a stack, as one comment that is kept up to date. */
const usage = `usage: npm run --silent review -- STACK [--preview FILE] [--events FILE] [--policies FILE] [--base FOLDER --head FOLDER] [--post github|gitlab]

FILE of --preview is what \`pulumi preview --json\` printed, that of --events what its \`--event-log\` wrote, that of --policies what \`npm run policies\` did; the folders are
of \`npm run render -- STACK --output FOLDER\`, before and after the change. Writes Markdown to standard output, or with --post
as the stack's own comment to the change that the job's environment names.`;

try {
    await main();
} catch (error) {
    process.stderr.write(`error: ${wordsOf(error)}\n`);
    process.exitCode = 2;
}

async function main(): Promise<void> {
    const { stack, values } = commandLine();
    const comment = commentOf({
        stack,
        preview: values.preview === undefined ? undefined : readPreview(read("--preview", values.preview)),
        violations: values.events === undefined ? undefined : readViolations(read("--events", values.events)),
        policies: values.policies === undefined ? undefined : read("--policies", values.policies),
        difference: differenceOf(values.base, values.head),
    });
    if (values.post === undefined) {
        process.stdout.write(comment);
        return;
    }
    const forges = { github, gitlab };
    if (!(values.post in forges)) throw new Refusal(`--post: is ${values.post}`, "allowed are github, gitlab");
    const forge = forges[values.post as keyof typeof forges](process.env);
    console.log(`the comment of ${stack}: ${await writeComment(forge, markerOf(stack), comment)}`);
}

/** npm runs scripts in the project's folder; the person means their own. */
function here(path: string): string {
    return resolve(process.env.INIT_CWD ?? ".", path);
}

function read(option: string, path: string): string {
    try {
        return readFileSync(here(path), "utf8");
    } catch (error) {
        throw new Refusal(`${option}: ${wordsOf(error)}`, usage);
    }
}

function differenceOf(base: string | undefined, head: string | undefined): string | undefined {
    if (base === undefined && head === undefined) return undefined;
    if (base === undefined || head === undefined) throw new Refusal("--base and --head come together", usage);
    const folders = [base, head].map(here);
    const missing = folders.filter((folder) => !existsSync(folder));
    if (missing.length > 0) throw new Refusal(`there is no ${missing.join(", no ")}`, usage);
    const args = ["diff", "--no-index", "--no-color", "--no-ext-diff", "--src-prefix=", "--dst-prefix=", ...folders];
    const { status, stdout, stderr, error } = spawnSync("git", args, { encoding: "utf8", maxBuffer: 1 << 28 });
    if (error !== undefined || status === null || status > 1)
        throw new Refusal("git cannot compare", error?.message ?? stderr);
    // Paths of the runner are nobody's business.
    return folders.reduce((text, folder, index) => text.replaceAll(folder, index === 0 ? "base" : "head"), stdout);
}

function wordsOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}

function commandLine() {
    const one = { type: "string" } as const;
    const options = { preview: one, events: one, policies: one, base: one, head: one, post: one };
    let given;
    try {
        given = parseArgs({ options, allowPositionals: true });
    } catch (error) {
        throw new Refusal(wordsOf(error), usage);
    }
    const [stack, ...more] = given.positionals;
    if (stack === undefined || more.length > 0) throw new Refusal("name one stack", usage);
    return { stack, values: given.values };
}
