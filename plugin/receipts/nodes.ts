import type { ApiServer, KubeObject } from "../copier/apiServer.ts";

/** A taint, as far as it keeps pods away. */
export interface Taint {
    readonly key: string;
    readonly value?: string;
    readonly effect: string;
}

/** A node of the cluster, as far as receipts are concerned. */
export interface ClusterNode {
    readonly name: string;
    /** Whether its kubelet says that it is well. Nobody waits for one that is not. */
    readonly ready: boolean;
    /** Container runtime and version as the kubelet tells them: `containerd://1.7.24`. */
    readonly runtime: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly taints: readonly Taint[];
}

interface NodeObject extends KubeObject {
    spec?: { taints?: Taint[] };
    status?: { conditions?: { type: string; status: string }[]; nodeInfo?: { containerRuntimeVersion?: string } };
}

/** Every node. One request for each 500. */
export async function listNodes(api: ApiServer): Promise<ClusterNode[]> {
    const { items } = await api.list("/api/v1/nodes");
    return (items as NodeObject[]).map(({ metadata, spec, status }) => ({
        name: metadata.name,
        ready: status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false,
        runtime: status?.nodeInfo?.containerRuntimeVersion ?? "unknown",
        labels: metadata.labels ?? {},
        taints: spec?.taints ?? [],
    }));
}
