import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { packageSchema } from "./schema/package.ts";

/**
 * `npm run schema`: Pulumi's schema of this package, made of the TypeScript, as other languages and tools read it. With `--write` it goes
 * where the plugin has it.
 */
try {
    const text = `${JSON.stringify(packageSchema(), undefined, 4)}\n`;
    if (process.argv.includes("--write")) writeFileSync(join(import.meta.dirname, "..", "plugin", "schema.json"), text);
    else process.stdout.write(text);
} catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
}
