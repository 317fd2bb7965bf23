import type { ApiServer, KubeObject } from "../copier/apiServer.ts";

/** What a container waits for, or how it ended. */
export interface ContainerState {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly running?: object;
    readonly terminated?: { readonly exitCode: number; readonly reason?: string; readonly message?: string };
}

/** One container of a pod, as its kubelet sees it. */
export interface ContainerStatus {
    readonly name: string;
    readonly ready: boolean;
    readonly state?: ContainerState;
    readonly lastState?: ContainerState;
}

/** A pod of a DaemonSet that is not on its way out. */
export interface Pod {
    readonly name: string;
    readonly node: string;
    /** UID of the DaemonSet that made it. */
    readonly owner: string;
    /** Hash of the template that it was made from. */
    readonly revision: string;
    /** Whether all its containers are up and well. */
    readonly ready: boolean;
    /** Why no node takes it; undefined where one did. */
    readonly unschedulable?: string;
    readonly initContainers: readonly ContainerStatus[];
    readonly containers: readonly ContainerStatus[];
}

interface PodObject extends KubeObject {
    spec?: { nodeName?: string; affinity?: { nodeAffinity?: Record<string, unknown> } };
    status?: {
        reason?: string;
        message?: string;
        conditions?: { type: string; status: string; message?: string }[];
        initContainerStatuses?: ContainerStatus[];
        containerStatuses?: ContainerStatus[];
    };
}

/** The pods that DaemonSets made in a namespace. One request for each 500. */
export async function listPods(api: ApiServer, namespace: string): Promise<Pod[]> {
    const { items } = await api.list(`/api/v1/namespaces/${namespace}/pods`);
    return (items as PodObject[]).filter((one) => one.metadata.deletionTimestamp === undefined).flatMap(podOf);
}

function podOf(object: PodObject): Pod[] {
    const { metadata, spec, status } = object;
    const owner = metadata.ownerReferences?.find(({ kind, controller }) => kind === "DaemonSet" && controller === true);
    if (owner === undefined) return [];
    const conditions = status?.conditions ?? [];
    const scheduled = conditions.find(({ type }) => type === "PodScheduled");
    return [
        {
            name: metadata.name,
            node: spec?.nodeName ?? intendedNode(spec),
            owner: owner.uid,
            revision: metadata.labels?.["controller-revision-hash"] ?? "",
            ready: conditions.some(({ type, status: is }) => type === "Ready" && is === "True"),
            ...(scheduled?.status === "False" ? { unschedulable: scheduled.message ?? "no reason is given" } : {}),
            initContainers: status?.initContainerStatuses ?? [],
            containers: status?.containerStatuses ?? [],
        },
    ];
}

/** The node that a DaemonSet's pod is meant for stands in its affinity (pkg/controller/daemon/util, ReplaceDaemonSetPodNodeNameNodeAffinity). */
function intendedNode(spec: PodObject["spec"]): string {
    const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution as
        { nodeSelectorTerms?: { matchFields?: { key: string; values?: string[] }[] }[] } | undefined;
    const fields = required?.nodeSelectorTerms?.flatMap(({ matchFields = [] }) => matchFields) ?? [];
    return fields.find(({ key }) => key === "metadata.name")?.values?.[0] ?? "";
}
