import { isStatus, type ApiServer, type KubeObject } from "../copier/apiServer.ts";
import { apply, configNamespace, paths, reasonOf } from "./openshift.ts";

/** What one stack has nodes trust. */
export interface Trust {
    /** What tells this stack's entries from those of others: the field manager. */
    readonly manager: string;
    /** PEM by the registry's host, `host` or `host:port`. */
    readonly certificates: Readonly<Record<string, string>>;
    /** Name of the ConfigMap, where the cluster refers to none yet. */
    readonly configMap: string;
}

/** Label of a ConfigMap that a stack of this project has made. */
const ownLabel = "app.kubernetes.io/managed-by";
const ownValue = "siteregistry";

/** What the cluster refers to now; undefined where it refers to none. Throws where the cluster has no such configuration. */
export async function referred(api: ApiServer): Promise<string | undefined> {
    const image = await api.get(paths.image);
    if (image === undefined) throw new Error("this cluster has no image.config.openshift.io/cluster: it is no OKD");
    const { name } = (image.spec as { additionalTrustedCA?: { name?: string } } | undefined)?.additionalTrustedCA ?? {};
    return name === "" ? undefined : name;
}

/** The key of a registry in that ConfigMap, where a colon may not be. */
export function keyOf(host: string): string {
    return host.replace(":", "..");
}

/**
 * Adds the certificates to the ConfigMap that the cluster refers to, or to one of its own where it refers to none. Returns its name.
 * What others have there stays; a host that another has with other certificates is an error.
 */
export async function add(api: ApiServer, { manager, certificates, configMap }: Trust): Promise<string> {
    const before = await referred(api);
    const name = before ?? configMap;
    const path = paths.configMap(configNamespace, name);
    const found = await api.get(path);
    // One of our own name that is gone is made anew.
    if (before !== undefined && before !== configMap && found === undefined) {
        throw new Error(
            `image.config.openshift.io/cluster names the ConfigMap ${configNamespace}/${name} in additionalTrustedCA, and there is none: make it, or remove the reference`,
        );
    }
    const own = found === undefined || isOwn(found);
    // A bundle of nothing would only make the operator write it everywhere.
    if (found === undefined && Object.keys(certificates).length === 0) return name;
    if (before === undefined && !own) {
        throw new Error(
            `the ConfigMap ${configNamespace}/${name} is somebody else's, and the cluster does not refer to it: choose another okd.trust.configMap`,
        );
    }
    const entries = Object.fromEntries(Object.entries(certificates).map(([host, pem]) => [keyOf(host), pem]));
    try {
        await apply(api, path, bundle(name, entries, own), manager);
    } catch (error) {
        if (!isStatus(error, 409)) throw error;
        throw new Error(
            `the ConfigMap ${configNamespace}/${name} has other certificates of somebody else for one of ${Object.keys(certificates).join(", ")}: ${reasonOf(error)}`,
            { cause: error },
        );
    }
    // The reference last: one that leads to nothing is an error of the operator's.
    if (before === undefined) await refer(api, name, manager);
    return name;
}

/** Takes the stack's entries back, and with the last of them the ConfigMap and the reference, where they were its own. */
export async function remove(api: ApiServer, manager: string, name: string): Promise<void> {
    const path = paths.configMap(configNamespace, name);
    const found = await api.get(path);
    if (found === undefined) return;
    const left = await apply(api, path, bundle(name, {}, isOwn(found)), manager);
    const empty = Object.keys((left.data as object | undefined) ?? {}).length === 0;
    if (!isOwn(left) || !empty) return;
    if ((await referred(api)) === name) await refer(api, undefined, manager);
    await api.send("DELETE", path);
}

/** Of these hosts, those whose certificates are there as they shall be. */
export async function present(api: ApiServer, trust: Trust, name: string): Promise<Record<string, string>> {
    const [found, now] = [await api.get(paths.configMap(configNamespace, name)), await referred(api)];
    const data = (found?.data as Record<string, string> | undefined) ?? {};
    const hosts = now === name ? Object.keys(trust.certificates) : [];
    return Object.fromEntries(
        hosts.flatMap((host) => {
            const pem = data[keyOf(host)];
            return pem === undefined ? [] : [[host, pem]];
        }),
    );
}

function isOwn(object: KubeObject): boolean {
    return object.metadata.labels?.[ownLabel] === ownValue;
}

/** The label is everybody's who shares the ConfigMap, so it stays until the last of them is gone. */
function bundle(name: string, data: Record<string, string>, own: boolean): object {
    const labels = own ? { [ownLabel]: ownValue } : {};
    const metadata = { name, namespace: configNamespace, labels };
    return { apiVersion: "v1", kind: "ConfigMap", metadata, data };
}

/**
 * Has the cluster refer to a ConfigMap, or to none, unless somebody else writes meanwhile. No apply: giving up the
 * only field of `spec` that way leaves `null` there, which the API server refuses.
 */
async function refer(api: ApiServer, name: string | undefined, manager: string): Promise<void> {
    const image = await api.get(paths.image);
    const { resourceVersion } = image?.metadata ?? {};
    const additionalTrustedCA = name === undefined ? null : { name };
    const change = { metadata: { resourceVersion }, spec: { additionalTrustedCA } };
    const headers = { "content-type": "application/merge-patch+json" };
    await api.send("PATCH", `${paths.image}?fieldManager=${encodeURIComponent(manager)}`, change, headers);
}
