import { openCluster } from "../../plugin/cluster.ts";
import { readAgent } from "../../plugin/receipts/agentReport.ts";
import { readPull } from "../../plugin/receipts/pullReport.ts";
import { lookOnce } from "../../plugin/receipts/rounds.ts";
import { project } from "../../settings/schema.ts";
import type { Engine } from "../ca/engine.ts";
import { Refusal } from "../ca/refusal.ts";
import { certificatesIn } from "./certificates.ts";
import { lacking, living, machinesIn, servedBy, stackOutputs, trustIn, type DeployedTrust } from "./deployed.ts";
import { findDrift } from "./drift.ts";
import { harborIn, proofsIn, type DeployedProof } from "./evidence.ts";
import { nextStep } from "./nextStep.ts";
import { otherHosts } from "./otherRegistries.ts";
import {
    problemsOf,
    type AuthorityStatus,
    type MachineStatus,
    type ProofStatus,
    type SiteStatus,
} from "./siteStatus.ts";
import { nodeStatus, type NodeStatus } from "./table.ts";

type Api = Awaited<ReturnType<typeof openCluster>>;

/** Joins what the state and the cluster tell of a site, with the state itself. With `refresh`, the engine is asked what has drifted. */
export async function gather(engine: Engine, { refresh }: { refresh: boolean }): Promise<[SiteStatus, unknown]> {
    const [state, kubeconfig, ca] = await Promise.all([
        engine.state({ secrets: false }),
        setting(engine, "kubeconfig"),
        setting(engine, "registry.certificate.ca"),
    ]);
    if (living(state).length === 0) throw new Refusal(`the stack ${engine.stack} has nothing yet`, "run pulumi up");
    const trust = trustIn(state);
    const proofs = proofsIn(state);
    // A stack about a Harbor alone may have no cluster at all.
    const asksCluster = trust !== undefined || proofs.length > 0;
    const api = asksCluster ? await openCluster(kubeconfig, new AbortController().signal) : undefined;
    const [nodes, proof, drift] = await Promise.all([
        api === undefined || trust === undefined ? [] : agents(api, trust),
        api === undefined ? [] : Promise.all(proofs.map((one) => pulls(api, one))),
        refresh ? findDrift(engine) : undefined,
    ]);
    const { trusted = [1], signing = 1 } = (ca === undefined ? {} : JSON.parse(ca)) as Partial<AuthorityStatus>;
    const rotation = { trusted, signing, servedBy: servedBy(state) };
    const machines = machineStatus(state, rotation);
    const all = [
        ...nodes,
        ...machines.map(({ host, lacks }) => ({ node: host, ready: true, current: lacks.length === 0 })),
    ];
    const harbor = harborIn(state);
    const found = {
        nodes,
        machines,
        certificates: certificatesIn(state, Date.now()),
        proof: proof.flat(),
        ...(harbor === undefined ? {} : { harbor }),
        ...(drift === undefined ? {} : { drift }),
    };
    const problems = problemsOf(found);
    const status: SiteStatus = {
        stack: engine.stack,
        at: new Date().toISOString(),
        ok: problems.length === 0,
        problems,
        hosts: hostsIn(state),
        ...(trust === undefined
            ? {}
            : {
                  namespace: trust.namespace,
                  bundles: trust.bundles,
                  certificateAuthority: { ...rotation, nextStep: nextStep({ ...rotation, nodes: all }) },
              }),
        ...found,
    };
    return [status, state];
}

async function agents(
    api: Api,
    { namespace, daemonSets, bundles, initContainer }: DeployedTrust,
): Promise<NodeStatus[]> {
    const receipts = await lookOnce(api, {
        namespace,
        daemonSets,
        read: (pod, { name }) =>
            readAgent(pod, { initContainer, status: "applied", readiness: true, bundle: bundles[name] ?? "" }),
    });
    return receipts.map(nodeStatus);
}

async function pulls(api: Api, { namespace, daemonSet }: DeployedProof): Promise<ProofStatus[]> {
    const heard = new Map<string, string>();
    const question = { namespace, daemonSets: [daemonSet] };
    const receipts = await lookOnce(api, { ...question, read: (pod) => readPull(pod, heard) });
    return receipts.map(({ node, ready, status, cause = "" }) => ({ node, ready, status, cause }));
}

/** Nobody asks a machine over SSH between two updates: this is what each said in the last. Only generations tell what is behind. */
function machineStatus(
    state: unknown,
    { trusted, servedBy: server }: Omit<AuthorityStatus, "nextStep">,
): MachineStatus[] {
    return machinesIn(state).map((machine) => ({
        ...{ host: machine.host, bundle: machine.bundle },
        lacks: server === undefined ? [] : lacking(machine, trusted, state),
    }));
}

function hostsIn(state: unknown): string[] {
    const { host, hosts } = stackOutputs(state);
    const all: unknown[] = Array.isArray(hosts) ? hosts : [host];
    return [...all.filter((one) => typeof one === "string"), ...otherHosts(state)];
}

/** A setting of the stack, or undefined where it is not given. An object comes as JSON. */
async function setting(engine: Engine, path: string): Promise<string | undefined> {
    const { code, stdout } = await engine.config(["get", "--path", `${project}:${path}`]);
    return code === 0 && stdout.trim() !== "" ? stdout.trim() : undefined;
}
