import type { ApiServer, KubeObject } from "../copier/apiServer.ts";
import { eligible, type Placement } from "./placement.ts";
import type { ClusterNode } from "./nodes.ts";
import { poolLabel } from "./poolLabel.ts";

/** A container of a template, as far as it is looked at or changed here. */
export interface Container {
    name: string;
    command?: string[];
    [field: string]: unknown;
}

/** A DaemonSet as it travels. */
export interface DaemonSetObject extends KubeObject {
    spec: {
        updateStrategy?: unknown;
        template: {
            metadata?: { annotations?: Record<string, string>; [field: string]: unknown };
            spec: Placement & { initContainers?: Container[]; containers: Container[] };
        };
    };
    status?: { observedGeneration?: number };
}

/** A DaemonSet, as far as receipts are concerned. */
export interface DaemonSet {
    readonly name: string;
    readonly uid: string;
    /** Name of its pool: its label {@link poolLabel}, else its own name. */
    readonly pool: string;
    /** Hash that pods of its present template carry; undefined until its controller has seen the template. */
    readonly revision: string | undefined;
    /** Whether it shall have a pod on that node. */
    readonly wants: (node: ClusterNode) => boolean;
}

/** Path of a DaemonSet. */
export function daemonSetPath(namespace: string, name: string): string {
    return `/apis/apps/v1/namespaces/${namespace}/daemonsets/${name}`;
}

/** The DaemonSets of these names. Throws where one is not there. One request for each, and one for their templates' hashes. */
export async function readDaemonSets(
    api: ApiServer,
    namespace: string,
    names: readonly string[],
): Promise<DaemonSet[]> {
    const objects = await Promise.all(
        names.map(async (name) => (await api.send("GET", daemonSetPath(namespace, name))) as DaemonSetObject),
    );
    const { items } = await api.list(`/apis/apps/v1/namespaces/${namespace}/controllerrevisions`);
    return objects.map((object) => {
        const { uid = "", name, labels = {}, generation = 0 } = object.metadata;
        const seen = (object.status?.observedGeneration ?? 0) >= generation;
        const { spec } = object.spec.template;
        return {
            name,
            uid,
            pool: labels[poolLabel] ?? name,
            revision: seen ? presentRevision(items, uid) : undefined,
            wants: (node) => eligible(spec, node),
        };
    });
}

/**
 * The hash of the newest revision of a DaemonSet. Its pods carry that and a number too, but a pod made before a change
 * that was taken back keeps its old number, and is right nevertheless (pkg/controller/daemon/update.go).
 */
function presentRevision(revisions: readonly KubeObject[], uid: string): string | undefined {
    const own = revisions.filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid));
    const newest = own.sort((a, b) => Number(b.revision) - Number(a.revision))[0];
    return newest?.metadata.labels?.["controller-revision-hash"];
}
