import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";

/** Writes a generated file; with `--check` on the command line, fails where it is not as it would be written. */
export function writeOrCheck(path: string, text: string): void {
    const before = existsSync(path) ? readFileSync(path, "utf8") : "";
    if (before === text) return;
    if (!process.argv.includes("--check")) {
        writeFileSync(path, text);
        return;
    }
    console.error(`${relative(process.cwd(), path)} is stale: run \`npm run generate\``);
    process.exitCode = 1;
}
