import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { current } from "../../lab/lab.ts";
import { runProgram } from "../../lab/program.ts";
import { compact } from "../support/compactState.ts";
import { RecordedSite } from "../support/recordedSite.ts";
import { recordings } from "../support/recordedState.ts";

/**
 * Records the state of a site, for the tests of upgrades: brings the site of `test/recorded/sites/NAME.yaml` up on the lab, writes
 * what `pulumi stack export` says beside that file, and takes the site down. With `--program`, the program of another checkout
 * runs, which has its packages in place.
 */
const usage = "usage: npm run record -- NAME [--program FOLDER]";

await runProgram(async () => {
    const { positionals, values } = parseArgs({ options: { program: { type: "string" } }, allowPositionals: true });
    const [name, ...more] = positionals;
    if (name === undefined || more.length > 0) throw new Error(usage);
    const lab = await current();
    if (lab === undefined) throw new Error("the lab is not up: npm run lab -- up");
    const program = values.program === undefined ? undefined : resolve(process.env.INIT_CWD ?? ".", values.program);
    const site = new RecordedSite(name, lab, program);
    try {
        await site.prepare();
        await site.succeed(["up", "--yes", "--skip-preview"]);
        writeFileSync(join(recordings, `${name}.json`), compact(await site.state()));
        console.log(`recorded: ${name}`);
    } finally {
        await site.remove();
    }
});
