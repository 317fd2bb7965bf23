import { join } from "node:path";

import { deadLinks } from "./docs/links.ts";

/** Fails where a page links to a file or a heading that is not there. */
const dead = deadLinks(join(import.meta.dirname, ".."));
for (const { file, target, cause } of dead) console.error(`${file}: (${target}): ${cause}`);
if (dead.length > 0) process.exitCode = 1;
