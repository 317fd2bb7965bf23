import { X509Certificate } from "node:crypto";

import { certificatesIn } from "../registry/certificates/pem.ts";
import { componentLabel, trustComponent } from "../kubernetes/labels.ts";
import type { AnyObject, ApiKind, Cluster } from "./cluster.ts";
import { carries } from "./nodes.ts";

/** What a node shows of the roots that it trusts. */
export interface NodeEvidence {
    /** Name of the node. */
    node: string;
    /** Whether the node is Ready. */
    ready: boolean;
    /** Name of the bundle that its agent has written, undefined where it shows none. */
    bundle?: string;
    /** SHA-256 of each certificate in that bundle. Empty where there is no evidence. */
    roots: ReadonlySet<string>;
    /** Why there is no evidence, or what the evidence is, in words. */
    words: string;
}

const core = (plural: string): ApiKind => ({ group: "", version: "v1", plural });
const daemonSets: ApiKind = { group: "apps", version: "v1", plural: "daemonsets" };

interface PodTemplate {
    nodeSelector?: Record<string, string>;
}

/**
 * What every node shows that an agent in the namespace wants, or has run on, whether it is Ready or not.
 * The evidence is the newest pod's: its init containers ended with 0, so what its volumes name is on the node.
 * Undefined where the namespace has no agent at all: nobody shows anything then. Throws where the cluster does not answer.
 */
export async function nodeEvidence(cluster: Cluster, namespace: string): Promise<NodeEvidence[] | undefined> {
    const [sets = [], pods = [], nodes = []] = await Promise.all([
        cluster.list(daemonSets, namespace),
        cluster.list(core("pods"), namespace),
        cluster.list(core("nodes")),
    ]);
    const agents = sets.filter(isAgent);
    if (agents.length === 0) return undefined;
    const templates = agents.map((set) => (set.spec?.template as { spec?: PodTemplate } | undefined)?.spec ?? {});
    const newest = newestByNode(pods.filter(isAgent));
    const concerned = nodes.filter(
        (node) => newest.has(nameOf(node)) || templates.some((template) => wants(template, node)),
    );
    const bundles = new BundleReader(cluster, namespace);
    return Promise.all(
        concerned.map(async (node) => {
            const shown = await evidenceOf(newest.get(nameOf(node)), bundles);
            return { node: nameOf(node), ready: isReady(node), ...shown };
        }),
    );
}

/** SHA-256 of a certificate's DER form, by which two are the same whatever their text looks like. */
export function fingerprintOf(pem: string): string {
    return new X509Certificate(pem).fingerprint256;
}

async function evidenceOf(
    pod: AnyObject | undefined,
    bundles: BundleReader,
): Promise<Pick<NodeEvidence, "bundle" | "roots" | "words">> {
    const none = new Set<string>();
    if (pod === undefined) return { roots: none, words: "no agent runs on it" };
    const unfinished = notWritten(pod);
    if (unfinished !== undefined) return { roots: none, words: `its agent ${nameOf(pod)} ${unfinished}` };
    const names = volumesOf(pod);
    const found = await Promise.all(names.map((name) => bundles.read(name)));
    const bundle = names.map(({ name }) => name).join(", ");
    return { bundle, roots: new Set(found.flat()), words: `its agent has written ${bundle || "nothing"}` };
}

/** What keeps a pod from having written its bundle, undefined where it has. */
function notWritten(pod: AnyObject): string | undefined {
    const { initContainerStatuses = [] } = (pod.status ?? {}) as { initContainerStatuses?: ContainerStatus[] };
    if (initContainerStatuses.length === 0) return "has not begun";
    for (const { name, state = {}, lastState = {} } of initContainerStatuses) {
        if (state.terminated?.exitCode === 0) continue;
        const ended = state.terminated ?? lastState.terminated;
        const why = ended === undefined ? state.waiting?.reason : `ended with ${ended.exitCode.toString()}`;
        return `has not written its bundle (${name}: ${why ?? "not done"})`;
    }
    return undefined;
}

interface ContainerStatus {
    name: string;
    state?: { terminated?: { exitCode: number }; waiting?: { reason?: string } };
    lastState?: { terminated?: { exitCode: number } };
}

/** An object that holds a bundle. */
interface Holder {
    plural: "configmaps" | "secrets";
    name: string;
}

function volumesOf(pod: AnyObject): Holder[] {
    const volumes = (pod.spec?.volumes ?? []) as { configMap?: { name: string }; secret?: { secretName: string } }[];
    return volumes.flatMap(({ configMap, secret }): Holder[] => [
        ...(configMap === undefined ? [] : [{ plural: "configmaps" as const, name: configMap.name }]),
        ...(secret === undefined ? [] : [{ plural: "secrets" as const, name: secret.secretName }]),
    ]);
}

/** Reads every bundle once: a thousand nodes have the same. */
class BundleReader {
    private readonly cluster: Cluster;
    private readonly namespace: string;
    private readonly known = new Map<string, Promise<string[]>>();

    constructor(cluster: Cluster, namespace: string) {
        this.cluster = cluster;
        this.namespace = namespace;
    }

    /** Fingerprints of the certificates in a bundle, none where it is gone. */
    read(holder: Holder): Promise<string[]> {
        const key = `${holder.plural}/${holder.name}`;
        const reading = this.known.get(key) ?? this.ask(holder);
        this.known.set(key, reading);
        return reading;
    }

    private async ask({ plural, name }: Holder): Promise<string[]> {
        const found = await this.cluster.read(core(plural), this.namespace, name);
        const texts = Object.values(found?.data ?? {});
        const plain = plural === "secrets" ? texts.map((text) => Buffer.from(text, "base64").toString()) : texts;
        return plain.flatMap(certificatesIn).map(({ fingerprint256 }) => fingerprint256);
    }
}

function newestByNode(pods: readonly AnyObject[]): Map<string, AnyObject> {
    const newest = new Map<string, AnyObject>();
    for (const pod of pods.filter(({ metadata }) => metadata?.deletionTimestamp === undefined)) {
        const node = pod.spec?.nodeName;
        if (typeof node !== "string") continue;
        const known = newest.get(node);
        if (known === undefined || createdAt(pod) > createdAt(known)) newest.set(node, pod);
    }
    return newest;
}

function wants({ nodeSelector = {} }: PodTemplate, { metadata }: AnyObject): boolean {
    return carries({ labels: metadata?.labels ?? {} }, nodeSelector);
}

function isReady(node: AnyObject): boolean {
    const conditions = (node.status?.conditions ?? []) as { type: string; status: string }[];
    return conditions.some(({ type, status }) => type === "Ready" && status === "True");
}

const isAgent = (one: AnyObject): boolean => one.metadata?.labels?.[componentLabel] === trustComponent;
const nameOf = (one: AnyObject): string => one.metadata?.name ?? "";
const createdAt = (one: AnyObject): number => Date.parse(one.metadata?.creationTimestamp ?? "");
