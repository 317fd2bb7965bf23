import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

import { Engine } from "./ca/engine.ts";
import { Refusal } from "./ca/refusal.ts";
import { stackOutputs } from "./status/deployed.ts";

/** The hand-over of a registry on a machine to kubespray. */
const usage = `usage: npm run kubespray -- [STACK] [--config-file FILE] [--out FILE]

Writes the group_vars with which kubespray pulls from the registry of the stack: to standard output, or to FILE, such as
inventory/site/group_vars/all/registry.yml. Without STACK, of the stack that is selected. No password is in it: ansible-playbook
takes it from REGISTRY_PASSWORD.`;

try {
    await main();
} catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
}

async function main(): Promise<void> {
    const { stack, configFile, out } = commandLine();
    const engine = new Engine(stack ?? (await Engine.selected()), configFile && here(configFile));
    const { kubespray } = stackOutputs(await engine.state({ secrets: false }));
    if (typeof kubespray !== "string")
        throw new Refusal(
            `the stack ${engine.stack} has nothing for kubespray`,
            "it comes with host.kubespray and pulumi up",
        );
    if (out === undefined) process.stdout.write(kubespray);
    else writeFileSync(here(out), kubespray);
}

/** npm runs scripts in the project's folder; the person means their own. */
function here(file: string): string {
    return resolve(process.env.INIT_CWD ?? ".", file);
}

function commandLine(): { stack: string | undefined; configFile: string | undefined; out: string | undefined } {
    try {
        const { values, positionals } = parseArgs({
            allowPositionals: true,
            options: { "config-file": { type: "string" }, out: { type: "string" } },
        });
        if (positionals.length > 1) throw new Error("at most one stack can be named");
        return { stack: positionals[0], configFile: values["config-file"], out: values.out };
    } catch (error) {
        throw new Refusal(error instanceof Error ? error.message : String(error), usage);
    }
}
