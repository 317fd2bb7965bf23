import { resolve } from "node:path";
import { parseArgs } from "node:util";

import { openCluster } from "../plugin/cluster.ts";
import { readAgent } from "../plugin/receipts/agentReport.ts";
import { lookOnce } from "../plugin/receipts/rounds.ts";
import { project } from "../settings/schema.ts";
import { Engine } from "./ca/engine.ts";
import { Refusal } from "./ca/refusal.ts";
import { lacking, machinesIn, servedBy, trustIn } from "./status/deployed.ts";
import { nextStep } from "./status/nextStep.ts";
import { machineLine, nodeStatus, table } from "./status/table.ts";

/** Says of every node whether it trusts the registry, as it is now, and where a rotation of the certificate authority stands. */
const usage = `usage: npm run status -- [--stack STACK] [--config-file FILE] [--json]

Asks the stack's cluster which node has which bundle, and why one has not. Without --stack, the stack that is selected.
Exit code 1 when a node that is Ready has not the bundle of the last pulumi up.`;

interface Options {
    readonly stack?: string | undefined;
    readonly "config-file"?: string | undefined;
    readonly json?: boolean | undefined;
}

try {
    process.exitCode = await main();
} catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
}

async function main(): Promise<number> {
    const options = commandLine();
    const file = options["config-file"];
    // npm runs scripts in the project's folder; the person means their own.
    const configFile = file === undefined ? undefined : resolve(process.env.INIT_CWD ?? ".", file);
    const engine = new Engine(options.stack ?? (await Engine.selected()), configFile);
    const [state, kubeconfig, ca] = await Promise.all([
        engine.state({ secrets: false }),
        setting(engine, "kubeconfig"),
        setting(engine, "registry.certificate.ca"),
    ]);
    const trust = trustIn(state);
    if (trust === undefined) {
        throw new Refusal(
            `the stack ${engine.stack} has no trust on nodes`,
            "it comes with a nodeTrust section and pulumi up",
        );
    }
    const { namespace, daemonSets, bundles, initContainer } = trust;
    const api = await openCluster(kubeconfig, new AbortController().signal);
    const receipts = await lookOnce(api, {
        namespace,
        daemonSets,
        read: (pod, { name }) =>
            readAgent(pod, { initContainer, status: "applied", readiness: true, bundle: bundles[name] ?? "" }),
    });
    const nodes = receipts.map(nodeStatus);
    const { trusted, signing } = (ca === undefined ? {} : JSON.parse(ca)) as { trusted?: number[]; signing?: number };
    const rotation = { trusted: trusted ?? [1], signing: signing ?? 1, servedBy: servedBy(state) };
    // Nobody asks a machine over SSH between two updates: this is what each said in the last. Only generations tell what is behind.
    const own = rotation.servedBy !== undefined;
    const machines = machinesIn(state).map((machine) => ({
        ...{ host: machine.host, bundle: machine.bundle },
        lacks: own ? lacking(machine, rotation.trusted, state) : [],
    }));
    const all = [
        ...nodes,
        ...machines.map(({ host, lacks }) => ({ node: host, ready: true, current: lacks.length === 0 })),
    ];
    const step = nextStep({ ...rotation, nodes: all });
    if (options.json === true) {
        const told = { namespace, bundles, nodes, machines, certificateAuthority: { ...rotation, nextStep: step } };
        console.log(JSON.stringify(told, undefined, 2));
    } else {
        console.log([table(nodes), ...machines.map(machineLine), "", step].join("\n"));
    }
    return nodes.some(({ ready, current }) => ready && !current) ? 1 : 0;
}

/** A setting of the stack, or undefined where it is not given. An object comes as JSON. */
async function setting(engine: Engine, path: string): Promise<string | undefined> {
    const { code, stdout } = await engine.config(["get", "--path", `${project}:${path}`]);
    return code === 0 && stdout.trim() !== "" ? stdout.trim() : undefined;
}

function commandLine(): Options {
    try {
        const { values } = parseArgs({
            options: {
                stack: { type: "string" },
                "config-file": { type: "string" },
                json: { type: "boolean" },
            },
        });
        return values;
    } catch (error) {
        throw new Refusal(error instanceof Error ? error.message : String(error), usage);
    }
}
