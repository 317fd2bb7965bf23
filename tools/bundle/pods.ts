import { parseReference, referenceText } from "../../components/images/reference.ts";
import { Refusal } from "../ca/refusal.ts";
import { openCluster } from "../../plugin/cluster.ts";
import { imagesIn } from "./podImages.ts";
import { wantedByReferences, type Wanted } from "./wanted.ts";

/** What is read of a pod. */
export interface Pod {
    readonly metadata?: { readonly name?: string; readonly namespace?: string };
    readonly spec?: unknown;
    readonly status?: Readonly<Record<string, unknown>>;
}

/** The images of all pods of the cluster that KUBECONFIG leads to, or of those in the namespaces. Refuses one without pods. */
export async function imagesOfCluster(namespaces: readonly string[] = []): Promise<Wanted[]> {
    const api = await openCluster(undefined, new AbortController().signal);
    if (namespaces.length === 0) return imagesOfPods((await api.list("/api/v1/pods")).items);
    const pods: Pod[] = [];
    for (const namespace of namespaces) {
        const { items } = await api.list(`/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`);
        if (items.length === 0) throw new Refusal(`--namespace: ${namespace} has no pods`, "name one that has");
        pods.push(...items);
    }
    return imagesOfPods(pods);
}

/** The images of pods, each with the digest that runs where all of its pods agree on one. */
export function imagesOfPods(pods: readonly Pod[]): Wanted[] {
    const wanted = pods.flatMap((pod) => {
        const from = `pod ${pod.metadata?.namespace ?? ""}/${pod.metadata?.name ?? ""}`;
        return wantedByReferences(imagesIn(pod.spec).map((text) => ({ text, from })));
    });
    const running = digestsThatRun(pods);
    return wanted.map((one) => {
        const [digest, ...more] = running.get(one.image) ?? [];
        return one.pinned !== undefined || digest === undefined || more.length > 0 ? one : { ...one, pinned: digest };
    });
}

/** By reference, as the kubelet tells them: `docker.io/library/redis@sha256:…`. An imported image has no such name. */
function digestsThatRun(pods: readonly Pod[]): Map<string, Set<string>> {
    const found = new Map<string, Set<string>>();
    for (const { status = {} } of pods) {
        const containers = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"].flatMap(
            (key) => (status[key] ?? []) as { image?: string; imageID?: string }[],
        );
        for (const { image = "", imageID = "" } of containers) {
            try {
                const named = parseReference(image);
                const ran = parseReference(imageID.replace(/^docker-pullable:\/\//, ""));
                if (ran.digest === undefined || named.repository !== ran.repository) continue;
                if (named.registry !== ran.registry) continue;
                const key = referenceText(named);
                found.set(key, (found.get(key) ?? new Set()).add(ran.digest));
            } catch {
                // The kubelet names a container by the bare ID of its image where it knows nothing better.
            }
        }
    }
    return found;
}
