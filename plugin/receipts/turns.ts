import type { ApiServer } from "../copier/apiServer.ts";
import { changeDaemonSet } from "./daemonSetChange.ts";
import { daemonSetPath, type DaemonSetObject } from "./daemonSets.ts";
import type { Receipt } from "./receipt.ts";
import { awaitNodes, type Patience, type Seen } from "./rounds.ts";
import { podTrouble } from "./waiting.ts";

/** Whose pods begin one after the other. */
export interface TurnArgs {
    readonly namespace: string;
    readonly daemonSets: readonly string[];
    /** Annotation of the pods' template without which they do nothing. */
    readonly annotation: string;
}

/**
 * Gives the pods of new DaemonSets their turn, once every Ready node has one that is well: the controller replaces pods that are
 * not well all at once. What has its turn already is left alone.
 */
export async function giveTurns(
    api: ApiServer,
    { namespace, daemonSets, annotation }: TurnArgs,
    patience: Pick<Patience, "seconds" | "session">,
): Promise<void> {
    const annotationsOf = ({ spec }: DaemonSetObject): Record<string, string> =>
        spec.template.metadata?.annotations ?? {};
    for (const name of daemonSets) {
        const found = (await api.send("GET", daemonSetPath(namespace, name))) as DaemonSetObject;
        if (annotation in annotationsOf(found)) continue;
        const question = {
            ...{ namespace, daemonSets: [name] },
            read: (pod: Parameters<typeof podTrouble>[0]) => ({
                ...{ status: "waiting", done: pod.ready, pod: pod.name },
                ...(pod.ready ? {} : { cause: podTrouble(pod) ?? "its pod is not up yet" }),
            }),
        };
        await awaitNodes(api, question, { ...patience, done: "have a pod", lag: "have no pod that is well" });
        await changeDaemonSet(api, namespace, name, (now) => {
            const { template } = now.spec;
            const annotations = { ...annotationsOf(now), [annotation]: "given" };
            return {
                ...now,
                spec: { ...now.spec, template: { ...template, metadata: { ...template.metadata, annotations } } },
            };
        });
    }
}

/**
 * Has a DaemonSet whose pods are replaced one by one go on past nodes that nobody waits for: its controller takes each of them
 * for the one that is under way. These are nodes that are not Ready, and those that `left` says so of.
 */
export async function passOver(
    api: ApiServer,
    namespace: string,
    { nodes, daemonSets, pods }: Seen,
    left: readonly Receipt[] = [],
): Promise<void> {
    for (const { name, uid, wants } of daemonSets) {
        const away = nodes.filter(
            (node) =>
                wants(node) &&
                !node.ready &&
                !pods.some(({ owner, node: on, ready }) => owner === uid && on === node.name && ready),
        );
        const others = left.filter(({ node }) => !away.some((one) => one.name === node));
        await allow(api, namespace, name, 1 + away.length + others.length);
    }
}

/** Has them go one by one again. A node that was passed over follows when it is back. */
export async function passNobody(api: ApiServer, namespace: string, daemonSets: readonly string[]): Promise<void> {
    for (const name of daemonSets) await allow(api, namespace, name, 1);
}

async function allow(api: ApiServer, namespace: string, name: string, maxUnavailable: number): Promise<void> {
    await changeDaemonSet(api, namespace, name, (found) => {
        const strategy = found.spec.updateStrategy as { rollingUpdate?: { maxUnavailable?: unknown } } | undefined;
        if (strategy?.rollingUpdate?.maxUnavailable === maxUnavailable) return undefined;
        const rollingUpdate = { maxSurge: 0, maxUnavailable };
        return { ...found, spec: { ...found.spec, updateStrategy: { type: "RollingUpdate", rollingUpdate } } };
    });
}
