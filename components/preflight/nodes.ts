import type { Runtime } from "../nodeTrust/runtimes.ts";
import type { AnyObject } from "./cluster.ts";

/** A node of the cluster, as far as trust is concerned. */
export interface ClusterNode {
    name: string;
    labels: Readonly<Record<string, string>>;
    /** What pulls images there; undefined where it is none that is known. */
    runtime: Runtime | undefined;
    /** Name and version of the runtime, as the kubelet reports them: `containerd://1.6.20`. */
    version: string;
    /** Whether OpenShift manages its files. */
    openShift: boolean;
}

/** Reads a Node object. */
export function clusterNode({ metadata, status }: AnyObject): ClusterNode {
    const info = (status?.nodeInfo ?? {}) as { containerRuntimeVersion?: string; kubeletVersion?: string };
    const { labels = {}, annotations = {}, name = "" } = metadata ?? {};
    const version = info.containerRuntimeVersion ?? "";
    return {
        name,
        labels,
        runtime: runtimeOf(version, info.kubeletVersion ?? ""),
        version,
        openShift:
            "node.openshift.io/os_id" in labels || "machineconfiguration.openshift.io/currentConfig" in annotations,
    };
}

/** Whether a node is one that DaemonSets of this trust can want. Pods of Linux run on no other. */
export function isLinux({ labels }: ClusterNode): boolean {
    return labels["kubernetes.io/os"] === "linux";
}

/** Whether the node carries all of the labels. */
export function carries({ labels }: Pick<ClusterNode, "labels">, selector: Readonly<Record<string, string>>): boolean {
    return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** k3s and RKE2 bring a containerd of their own with directories of their own, and only the kubelet's version tells. */
function runtimeOf(version: string, kubelet: string): Runtime | undefined {
    const [kind = ""] = version.split("://");
    if (kind === "docker") return "docker";
    if (kind === "cri-o") return "crio";
    if (kind !== "containerd") return undefined;
    if (/\+k3s/.test(kubelet)) return "k3s";
    return /\+rke2/.test(kubelet) ? "rke2" : "containerd";
}
