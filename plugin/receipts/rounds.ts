import { ApiError, type ApiServer } from "../copier/apiServer.ts";
import type { Session } from "../resource.ts";
import { readDaemonSets, type DaemonSet } from "./daemonSets.ts";
import { listNodes, type ClusterNode } from "./nodes.ts";
import { listPods, type Pod } from "./pods.ts";
import { receiptOf, shortened, type Found, type Receipt } from "./receipt.ts";

/** What the nodes are asked. */
export interface Question {
    readonly namespace: string;
    readonly daemonSets: readonly string[];
    /** Reads a pod of the present template. */
    readonly read: (pod: Pod, daemonSet: DaemonSet) => Found;
}

/** How long it is waited, and what is said meanwhile. */
export interface Patience {
    readonly seconds: number;
    /** What nodes that are done do: `have the bundle`. */
    readonly done: string;
    /** What the others do: `do not have the bundle`. */
    readonly lag: string;
    readonly session: Pick<Session, "say" | "warn">;
    /** What is done at each look, with what was seen and what it comes to. Default: nothing. */
    readonly eachRound?: (seen: Seen, receipts: readonly Receipt[]) => Promise<void>;
}

/** What one look at the cluster shows. */
export interface Seen {
    readonly nodes: readonly ClusterNode[];
    readonly daemonSets: readonly DaemonSet[];
    readonly pods: readonly Pod[];
}

/** Some node was not done in time. Its message names each with its cause. */
export class Lagging extends Error {
    readonly receipts: readonly Receipt[];

    constructor(message: string, receipts: readonly Receipt[]) {
        super(message);
        this.receipts = receipts;
    }
}

/** Pauses between rounds in ms; the last one stays. Most rollouts end within seconds, and the others have time. */
const pauses = [1_000, 1_000, 1_000, 2_000, 2_000, 3_000, 5_000];
/** Nodes and templates change seldom: how long what was seen of them is believed, in ms. */
const freshMs = 10_000;

interface Facts {
    readonly nodes: readonly ClusterNode[];
    readonly daemonSets: readonly DaemonSet[];
    readonly until: number;
}

/** One look at every node that a DaemonSet wants. */
export async function lookOnce(api: ApiServer, question: Question): Promise<Receipt[]> {
    const [known, pods] = await Promise.all([facts(api, question), listPods(api, question.namespace)]);
    return answers(question, known, pods);
}

/** Asks in rounds until every Ready node is done. Throws {@link Lagging} at the limit. A node that is not Ready is named, and not waited for. */
export async function awaitNodes(api: ApiServer, question: Question, patience: Patience): Promise<Receipt[]> {
    const limit = Date.now() + patience.seconds * 1_000;
    let known: Facts | undefined;
    let receipts: Receipt[] = [];
    let said = "";
    for (let round = 0; ; round += 1) {
        let trouble: Error | undefined;
        try {
            const [seen, pods]: [Facts, Pod[]] = await Promise.all([
                known === undefined || Date.now() > known.until ? facts(api, question) : known,
                listPods(api, question.namespace),
            ]);
            known = seen;
            receipts = answers(question, seen, pods);
            const lagging = receipts.filter(({ ready, done }) => ready && !done);
            if (lagging.length === 0) break;
            await patience.eachRound?.({ ...seen, pods }, receipts);
            const progress = told(receipts, lagging, patience);
            if (progress !== said) patience.session.say(progress);
            said = progress;
        } catch (error) {
            // An API server that restarts is no reason to give up.
            if (error instanceof ApiError && error.status < 500 && error.status !== 429) throw error;
            if ((error as Error).name === "AbortError") throw error;
            trouble = error as Error;
        }
        const pause = pauses[Math.min(round, pauses.length - 1)] ?? 0;
        if (Date.now() + pause > limit) throw trouble ?? new Lagging(lateMessage(receipts, patience), receipts);
        await api.pause(pause);
    }
    const absent = receipts.filter(({ done }) => !done).map(({ node }) => node);
    if (absent.length > 0) {
        patience.session.warn(
            `not waited for, since they are not Ready: ${shortened(absent).join(", ")}; whether they ${patience.done} is not known`,
        );
    }
    if (receipts.length === 0) {
        patience.session.warn(`no node is wanted by ${question.daemonSets.join(", ")}: nothing is proven`);
    }
    return receipts;
}

async function facts(api: ApiServer, { namespace, daemonSets: names }: Question): Promise<Facts> {
    const [daemonSets, nodes] = await Promise.all([readDaemonSets(api, namespace, names), listNodes(api)]);
    // A template that its controller has not seen yet is looked at again at once.
    const settled = daemonSets.every(({ revision }) => revision !== undefined);
    return { nodes, daemonSets, until: settled ? Date.now() + freshMs : 0 };
}

function answers({ read }: Question, { nodes, daemonSets }: Facts, pods: readonly Pod[]): Receipt[] {
    const byPlace = new Map<string, Pod[]>();
    for (const pod of pods) {
        const key = `${pod.owner} ${pod.node}`;
        byPlace.set(key, [...(byPlace.get(key) ?? []), pod]);
    }
    return daemonSets.flatMap((daemonSet) =>
        nodes
            .filter((node) => daemonSet.wants(node))
            .map((node) =>
                receiptOf(node, daemonSet, answer(daemonSet, byPlace.get(`${daemonSet.uid} ${node.name}`), read)),
            )
            .sort((a, b) => (a.node < b.node ? -1 : 1)),
    );
}

function answer(daemonSet: DaemonSet, pods: readonly Pod[] = [], read: Question["read"]): Found {
    const waiting = { status: "waiting", done: false } as const;
    if (daemonSet.revision === undefined) {
        return { ...waiting, cause: `the cluster's controller has not seen the DaemonSet ${daemonSet.name} yet` };
    }
    const present = pods.filter(({ revision }) => revision === daemonSet.revision).map((pod) => read(pod, daemonSet));
    const [before] = pods;
    return (
        present.find(({ done }) => done) ??
        present[0] ?? {
            ...waiting,
            cause:
                before === undefined
                    ? `it has no pod of the DaemonSet ${daemonSet.name} yet`
                    : `it still has the pod ${before.name} of an earlier template, and its turn has not come`,
        }
    );
}

function told(receipts: readonly Receipt[], lagging: readonly Receipt[], { done: words }: Patience): string {
    const all = receipts.filter(({ ready, done }) => ready || done).length;
    const first = lagging.slice(0, 3).map(({ node, cause }) => `${node} (${cause ?? "no cause is known"})`);
    const more = lagging.length > first.length ? `, and ${(lagging.length - first.length).toString()} more` : "";
    return `${(all - lagging.length).toString()} of ${all.toString()} nodes ${words}; waiting for ${first.join(", ")}${more}`;
}

/** Names each node that lags with its cause. */
export function lateMessage(receipts: readonly Receipt[], { seconds, lag }: Patience): string {
    const lagging = receipts.filter(({ ready, done }) => ready && !done);
    const lines = lagging.map(({ node, cause }) => `${node}: ${cause ?? "no cause is known"}`);
    const head = `after ${seconds.toString()} s ${lagging.length.toString()} of ${receipts.length.toString()} nodes ${lag}:`;
    return [head, ...shortened(lines)].join("\n  ");
}
