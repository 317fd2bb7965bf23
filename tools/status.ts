import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

import { Engine } from "./ca/engine.ts";
import { Refusal } from "./ca/refusal.ts";
import { gather } from "./status/gather.ts";
import { page } from "./status/page.ts";
import { pictureOf } from "./status/picture.ts";
import { asText } from "./status/text.ts";

/** Says how a site is now: its nodes, certificates, proof, Harbor, and where a rotation of the certificate authority stands. */
const usage = `usage: npm run status -- [--stack STACK] [--config-file FILE] [--refresh] [--json] [--html FILE]

Asks the stack's cluster which node has which bundle and has pulled the proof, and why one has not; tells when certificates end,
and what Harbor's last runs came to. --refresh also asks the engine what is not as the last pulumi up left it, and changes nothing.
--html writes the same as a page with a picture of the site. Without --stack, the stack that is selected.
Exit code 1 when something is to be done, as when a node that is Ready has not the bundle of the last pulumi up.`;

try {
    process.exitCode = await main();
} catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
}

async function main(): Promise<number> {
    const options = commandLine();
    const engine = new Engine(options.stack ?? (await Engine.selected()), own(options["config-file"]));
    const [status, state] = await gather(engine, { refresh: options.refresh === true });
    const file = own(options.html);
    if (file !== undefined) writeFileSync(file, page(status, pictureOf(state, status)));
    console.log(options.json === true ? JSON.stringify(status, undefined, 2) : asText(status));
    return status.ok ? 0 : 1;
}

/** npm runs scripts in the project's folder; the person means their own. */
function own(file: string | undefined): string | undefined {
    return file === undefined ? undefined : resolve(process.env.INIT_CWD ?? ".", file);
}

function commandLine() {
    try {
        const { values } = parseArgs({
            options: {
                stack: { type: "string" },
                "config-file": { type: "string" },
                refresh: { type: "boolean" },
                json: { type: "boolean" },
                html: { type: "string" },
            },
        });
        return values;
    } catch (error) {
        throw new Refusal(error instanceof Error ? error.message : String(error), usage);
    }
}
