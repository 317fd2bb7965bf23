import * as pulumi from "@pulumi/pulumi";

import type { Pool } from "./nodeTrust/pools.ts";
import { connect, Unanswered, type Cluster } from "./preflight/cluster.ts";
import { conflicts, namespaceTaken, type Claim } from "./preflight/conflicts.ts";
import { okdConflicts, type OkdClaim } from "./preflight/okd.ts";
import { quayConflicts, type QuayClaim } from "./preflight/quay.ts";
import { judgeRotation, type RegistryBefore, type Rotation } from "./preflight/rotation.ts";
import { detectedPools, linuxNodes, nodesLeftOut, poolObjections, type PoolWishes } from "./preflight/pools.ts";

/** Where to look. */
export interface PreflightArgs {
    /** Text of a kubeconfig, or its path. Without it, kubectl's own default. */
    kubeconfig?: pulumi.Input<string> | undefined;
}

/**
 * Hooks for the registry's component that look, before it is made or changed, whether the cluster lets it be as its
 * settings say: in a preview too, and with every objection at once. The engine runs them only then, so an unchanged
 * stack asks nothing, and it is the engine that knows what is this stack's own. An update is also judged by what the nodes
 * show: see {@link judgeRotation}. What the nodes have against `trust` is told before the registry is made, since they trust
 * it only then.
 */
export function registryPreflight(
    name: string,
    args: PreflightArgs,
    claim: Claim,
    rotation: Rotation,
    trust?: TrustClaim,
): pulumi.ResourceHookBinding {
    const create = hook(`${name}-preflight-create`, args, async (cluster) => {
        const taken = await conflicts(cluster, claim, undefined);
        if (trust === undefined) return taken;
        return [...taken, ...poolObjections(trust.pools, await linuxNodes(cluster), trust.wishes)];
    });
    const update = hook(`${name}-preflight-update`, args, async (cluster, before) => {
        const [taken, judgement] = await Promise.all([
            conflicts(cluster, claim, before as unknown as Claim | undefined),
            before === undefined
                ? { problems: [], warnings: [] }
                : judgeRotation(cluster, rotation, before as unknown as RegistryBefore, new Date()),
        ]);
        for (const warning of judgement.warnings) await pulumi.log.warn(warning);
        return [...taken, ...judgement.problems];
    });
    return { beforeCreate: [create], beforeUpdate: [update] };
}

/** The same for a component that makes a namespace and nothing else that another could hold. `key` is its setting. */
export function namespacePreflight(
    name: string,
    args: PreflightArgs,
    key: string,
    namespace: string,
): pulumi.ResourceHookBinding {
    const look = hook(`${name}-preflight`, args, (cluster) => namespaceTaken(cluster, key, namespace));
    return { beforeCreate: [look] };
}

/** The same for the registry that an OKD cluster has. */
export function okdPreflight(name: string, args: PreflightArgs, claim: OkdClaim): pulumi.ResourceHookBinding {
    const look = hook(`${name}-preflight`, args, (cluster, before) => okdConflicts(cluster, claim, before));
    return { beforeCreate: [look], beforeUpdate: [look] };
}

/** The same for a Quay by its operator. */
export function quayPreflight(name: string, args: PreflightArgs, claim: QuayClaim): pulumi.ResourceHookBinding {
    const look = hook(`${name}-preflight`, args, (cluster, before) => quayConflicts(cluster, claim, before));
    return { beforeCreate: [look], beforeUpdate: [look] };
}

/** What the nodes' trust takes for itself in a cluster. */
export interface TrustClaim {
    namespace: string;
    pools: readonly Pool[];
    wishes: PoolWishes;
}

/** The same for the nodes' trust, which asks the nodes too: whether each belongs to one pool and has its runtime. */
export function nodeTrustPreflight(name: string, args: PreflightArgs, claim: TrustClaim): pulumi.ResourceHookBinding {
    const { namespace, pools, wishes } = claim;
    const nodes = async (cluster: Cluster): Promise<string[]> => {
        const all = await linuxNodes(cluster);
        const out = nodesLeftOut(pools, all);
        if (out.length > 0)
            await pulumi.log.warn(`nodeTrust.pools: no pool has ${out.join(", ")}: nothing is trusted there`);
        return poolObjections(pools, all, wishes);
    };
    const create = hook(`${name}-preflight`, args, async (cluster) => {
        const found = await Promise.all([namespaceTaken(cluster, "nodeTrust.namespace", namespace), nodes(cluster)]);
        return found.flat();
    });
    const update = hook(`${name}-preflight-update`, args, nodes);
    return { beforeCreate: [create], beforeUpdate: [update] };
}

/**
 * Stops the run where a pool says `auto`, with the pools to write for the nodes that are there. Nothing is made before.
 * Throws one `RunError`; does nothing, and asks nothing, where no pool does.
 */
export async function stopForDetection(
    args: PreflightArgs & { nodeTrust?: { pools: readonly Pool[] } | undefined },
): Promise<void> {
    const pools = args.nodeTrust?.pools ?? [];
    if (!pools.some(({ runtime }) => runtime === "auto")) return;
    let found: string;
    try {
        found = detectedPools(pools, await linuxNodes(await connect(await valueOf(args.kubeconfig))));
    } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        throw new pulumi.RunError(
            `nodeTrust.pools: has runtime auto, and the cluster does not answer: ${error.message}`,
        );
    }
    throw new pulumi.RunError(
        `nodeTrust.pools: has runtime auto, which only looks. Nothing was made. Write this in its place:\n${found}`,
    );
}

type Inputs = Readonly<Record<string, unknown>> | undefined;

function hook(
    name: string,
    args: PreflightArgs,
    ask: (cluster: Cluster, before: Inputs) => Promise<string[]>,
): pulumi.ResourceHook {
    const callback: pulumi.ResourceHookFunction = async ({ oldInputs }) => {
        const kubeconfig = await valueOf(args.kubeconfig);
        const before = oldInputs && (await revealed(oldInputs));
        const problems = await answered(async () => ask(await connect(kubeconfig), before));
        if (problems.length > 0) throw new Error(`this cluster stands against it:\n  ${problems.join("\n  ")}`);
    };
    return new pulumi.ResourceHook(name, callback, { onDryRun: true });
}

/** Inputs of the last run as they are. Where one holds a secret, wherever it is in it, the whole of it is handed over as an output. */
export function revealed(inputs: Record<string, unknown>): Promise<Record<string, unknown>> {
    return new Promise((resolve) => {
        pulumi.output(inputs).apply(resolve);
    });
}

/** An answer of the cluster. Where there is none, an update stops before it has made anything. */
async function answered(ask: () => Promise<string[]>): Promise<string[]> {
    try {
        return await ask();
    } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        // Without a cluster a preview still shows what would be made.
        if (error.unreachable && pulumi.runtime.isDryRun()) {
            await pulumi.log.warn(`not checked, because the cluster does not answer: ${error.message}`);
            return [];
        }
        throw new Error(`the cluster does not say what must be known before anything is made: ${error.message}`, {
            cause: error,
        });
    }
}

/** The value of an input that is known from the start, as configuration is. */
async function valueOf(input: pulumi.Input<string> | undefined): Promise<string | undefined> {
    if (input === undefined) return undefined;
    return new Promise((resolve) => {
        pulumi.output(input).apply(resolve);
    });
}
