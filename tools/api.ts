import { globSync } from "node:fs";
import { join } from "node:path";

import { ComponentReader } from "./api/components.ts";
import { page } from "./api/markdown.ts";
import { writeOrCheck } from "./docs/written.ts";

/** Writes `docs/api.md` from the docstrings of the components. With `--check` it only compares. What has no docstring fails. */
const root = join(import.meta.dirname, "..");
const reader = new ComponentReader();
const components = globSync("components/*.ts", { cwd: root })
    .sort()
    .map((file) => reader.read(join(root, file)))
    .filter((one) => one !== undefined);

writeOrCheck(join(root, "docs", "api.md"), page(components, [...reader.shapes.values()]));
if (reader.mistakes.length > 0) {
    console.error(`these have no docstring:\n  ${[...new Set(reader.mistakes)].join("\n  ")}`);
    process.exitCode = 1;
}
