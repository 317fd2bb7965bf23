import { resolve } from "node:path";
import { parseArgs } from "node:util";

import { openCluster } from "../plugin/cluster.ts";
import { paths, type Condition, conditionOf, inWords } from "../plugin/okd/openshift.ts";
import { project } from "../settings/schema.ts";
import { Engine } from "./ca/engine.ts";
import { Refusal } from "./ca/refusal.ts";
import { importTags, report, streamsIn } from "./okd/streams.ts";
import { table } from "./okd/table.ts";

/** What an OKD cluster's registry has, against what there is upstream; and an import on request. */
const usage = `usage: npm run okd -- report [--stack STACK] [--config-file FILE] [--json]
       npm run okd -- import [<namespace>/<stream>[:<tag>] ...] [--stack STACK] [--config-file FILE]

report  asks upstream for every tag of the stack's image streams and changes nothing. Exit code 1 when one is behind, or
        cannot be told; it also says whether the last run of the image pruner failed.
import  imports these tags now, or all of them. Without --stack, the stack that is selected.`;

try {
    process.exitCode = await main();
} catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
}

async function main(): Promise<number> {
    const { values, positionals } = commandLine();
    const [command, ...wanted] = positionals;
    const file = values["config-file"];
    // npm runs scripts in the project's folder; the person means their own.
    const configFile = file === undefined ? undefined : resolve(process.env.INIT_CWD ?? ".", file);
    const engine = new Engine(values.stack ?? (await Engine.selected()), configFile);
    const { code, stdout } = await engine.config(["get", `${project}:kubeconfig`]);
    const kubeconfig = code === 0 && stdout.trim() !== "" ? stdout.trim() : undefined;
    const streams = streamsIn(await engine.state({ secrets: false }));
    if (streams.length === 0)
        throw new Refusal(`the stack ${engine.stack} has no image streams`, "they come with okd.streams and pulumi up");
    const api = await openCluster(kubeconfig, new AbortController().signal);
    if (command === "import") {
        for (const line of await importTags(api, streams, wanted)) console.log(line);
        return 0;
    }
    if (command !== "report" || wanted.length > 0) throw new Refusal("say report or import", usage);
    const rows = await report(api, streams);
    const pruner = (await api.get(paths.pruner))?.status as { conditions?: Condition[] } | undefined;
    const failed = conditionOf(pruner?.conditions, "Failed");
    if (values.json === true)
        console.log(JSON.stringify({ tags: rows, prunerFailed: failed?.status === "True" }, undefined, 2));
    else {
        console.log(table(rows));
        if (failed?.status === "True") console.log(`\nimage pruner: ${inWords(failed)}`);
    }
    return rows.some(({ state }) => state !== "current") || failed?.status === "True" ? 1 : 0;
}

function commandLine() {
    try {
        return parseArgs({
            allowPositionals: true,
            options: { stack: { type: "string" }, "config-file": { type: "string" }, json: { type: "boolean" } },
        });
    } catch (error) {
        throw new Refusal(error instanceof Error ? error.message : String(error), usage);
    }
}
