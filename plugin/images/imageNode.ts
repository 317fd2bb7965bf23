import type { ApiServer, KubeObject } from "../copier/apiServer.ts";

/** A node that shall get images. */
export interface ImageNode {
    readonly name: string;
    /** Whether its kubelet says that it is well. */
    readonly ready: boolean;
    /** `linux` for all that can be served here. */
    readonly os: string;
    /** Go's word for it: `amd64`. */
    readonly architecture: string;
    /** As `Debian GNU/Linux 12 (bookworm)`. */
    readonly osImage: string;
    /** Container runtime and version as the kubelet tells them: `containerd://1.7.24`. */
    readonly runtime: string;
    /** Version of the kubelet, which tells k3s and RKE2 from others. */
    readonly kubelet: string;
    readonly labels: Readonly<Record<string, string>>;
    /** What the kubelet holds; at most 50 are told unless it was set up otherwise, the largest. */
    readonly images: readonly HeldImage[];
}

/** An image on a node. */
export interface HeldImage {
    readonly names: readonly string[];
    /** In bytes. */
    readonly size: number;
}

interface NodeObject extends KubeObject {
    status?: {
        conditions?: { type: string; status: string }[];
        nodeInfo?: Record<string, string>;
        images?: { names?: string[] | null; sizeBytes?: number }[];
    };
}

/** Every node, sorted by name. */
export async function imageNodes(api: ApiServer): Promise<ImageNode[]> {
    const { items } = await api.list("/api/v1/nodes");
    return (items as NodeObject[]).map(imageNode).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function imageNode({ metadata, status }: NodeObject): ImageNode {
    const { operatingSystem = "", architecture = "", osImage = "" } = status?.nodeInfo ?? {};
    const { containerRuntimeVersion = "unknown", kubeletVersion = "" } = status?.nodeInfo ?? {};
    return {
        name: metadata.name,
        ready: status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false,
        os: operatingSystem,
        ...{ architecture, osImage, runtime: containerRuntimeVersion, kubelet: kubeletVersion },
        labels: metadata.labels ?? {},
        images: (status?.images ?? []).map(({ names, sizeBytes }) => ({ names: names ?? [], size: sizeBytes ?? 0 })),
    };
}

/** Why a node can never be served over the API, with the way that works there; undefined where it can. */
export function refusal({ os, osImage, runtime }: ImageNode): string | undefined {
    if (os !== "linux") return `it runs ${os}, and images come to nodes of Linux only`;
    if (/^Talos\b/.test(osImage)) {
        return (
            `it runs ${osImage}, which has neither a shell nor ctr: give it an image cache ` +
            "(`talosctl images cache-create`, machine.features.imageCache), or a mirror in machine.registries"
        );
    }
    if (/^Bottlerocket\b/.test(osImage)) {
        return (
            `it runs ${osImage}, which lets no pod at its tools and its socket: start it from a snapshot of a data volume ` +
            "that holds the images, or give it a mirror in settings.container-registry"
        );
    }
    const [kind = ""] = runtime.split("://");
    if (kind === "docker") {
        return "its runtime is docker, whose images only docker can load: run `docker load` with a docker archive there";
    }
    if (kind === "cri-o") {
        return (
            "its runtime is CRI-O, which has no ctr: copy the image into its storage there with " +
            "`skopeo copy oci-archive:<file> containers-storage:<name>`"
        );
    }
    if (kind !== "containerd") return `its runtime is ${runtime}, which is not known here; known is containerd`;
    return undefined;
}

/** Where a node keeps what is needed: k3s and RKE2 bring a containerd of their own. */
export interface ImportTools {
    /** Paths where ctr may be, in the order in which they are tried. */
    readonly ctr: readonly string[];
    readonly socket: string;
    /** Folders of the node with programs and libraries, which must be there. */
    readonly folders: readonly string[];
}

const usual = ["/usr/bin/ctr", "/usr/local/bin/ctr", "/usr/sbin/ctr", "/bin/ctr"];

/** What a node is expected to have, by what it says of itself. */
export function toolsOf({ kubelet, architecture, osImage }: ImageNode): ImportTools {
    // Musl has no such folder, nor have Debian's ports without a second word size.
    const wide = ["amd64", "s390x", "ppc64le"].includes(architecture) && !/^Alpine\b/.test(osImage);
    const folders = ["/bin", "/sbin", "/lib", ...(wide ? ["/lib64"] : []), "/usr"];
    if (/\+k3s/.test(kubelet)) {
        return {
            ctr: ["/var/lib/rancher/k3s/data/current/bin/ctr", ...usual],
            socket: "/run/k3s/containerd/containerd.sock",
            folders: [...folders, "/var/lib/rancher"],
        };
    }
    if (/\+rke2/.test(kubelet)) {
        return {
            ctr: ["/var/lib/rancher/rke2/bin/ctr", ...usual],
            socket: "/run/k3s/containerd/containerd.sock",
            folders: [...folders, "/var/lib/rancher"],
        };
    }
    return { ctr: usual, socket: "/run/containerd/containerd.sock", folders };
}

/** Images to start an importer from, those first that are surest to start. At most four names. */
export function startableImages({ images }: ImageNode): string[] {
    const named = images.flatMap(({ names, size }) => {
        const usable = names.filter((name) => !name.includes("<none>"));
        // A pod that names a tag asks for no more than that tag.
        const name = usable.find((one) => !one.includes("@")) ?? usable[0];
        // Every pod of the node rests on this one, so it is there to stay, and no pull secret was used for it.
        return name === undefined ? [] : [{ name, size, rank: /\/pause[:@-]/.test(name) ? 0 : 1 }];
    });
    return named
        .sort((a, b) => a.rank - b.rank || a.size - b.size || (a.name < b.name ? -1 : 1))
        .slice(0, 4)
        .map(({ name }) => name);
}

/** Whether containerd of that version tells the kubelet of pins; else the kubelet may collect the images when its disk fills. */
export function honoursPins(version: string): boolean {
    const [major = 0, minor = 0, patch = 0] = (/(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
    if (major !== 1) return major > 1;
    // https://github.com/containerd/containerd/pull/7944 and /8867, as they came to the older lines
    return (minor === 6 && patch >= 22) || (minor === 7 && patch >= 3) || minor > 7;
}
