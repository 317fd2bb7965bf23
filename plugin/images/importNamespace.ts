import { isStatus, type ApiServer, type KubeObject } from "../copier/apiServer.ts";

/** Label of everything that is made on the way: whose it is. */
export const ownerLabel = "siteregistry.dev/first-images";
/** How long a namespace may take to go, in ms. */
const goneMs = 120_000;

/**
 * Makes the namespace of the importers, or takes the one that an earlier run has left. What happens in it is as good as root on
 * the nodes, so one that is there already is never taken: it throws unless its label says that it is ours.
 */
export async function takeNamespace(api: ApiServer, name: string, owner: string): Promise<void> {
    const path = `/api/v1/namespaces/${name}`;
    const until = Date.now() + goneMs;
    for (;;) {
        const found = await api.get(path);
        if (found === undefined) {
            try {
                await api.send("POST", "/api/v1/namespaces", namespaceObject(name, owner));
                return;
            } catch (error) {
                if (!isStatus(error, 409)) throw error; // somebody was quicker: look whose it is
            }
        } else if (found.metadata.labels?.[ownerLabel] !== owner) {
            throw new Error(
                `there is a namespace ${name} already, and it is not this stack's: name another one (\`namespace\`), or delete it`,
            );
        } else if (found.metadata.deletionTimestamp === undefined) {
            return;
        } else if (Date.now() > until) {
            throw new Error(
                `the namespace ${name} of an earlier run does not go: see \`kubectl get namespace ${name} -o yaml\``,
            );
        }
        await api.pause(1_000);
    }
}

/** Whether there is such a namespace, and it is not ours. */
export async function isStrangers(api: ApiServer, name: string, owner: string): Promise<boolean> {
    const found = await api.get(`/api/v1/namespaces/${name}`);
    return found !== undefined && found.metadata.labels?.[ownerLabel] !== owner;
}

/** Takes the namespace away with all that is in it, and waits until it has gone. One that is not ours stays. */
export async function dropNamespace(api: ApiServer, name: string, owner: string): Promise<void> {
    const path = `/api/v1/namespaces/${name}`;
    const found = await api.get(path);
    if (found?.metadata.labels?.[ownerLabel] !== owner) return;
    const { uid = "" } = found.metadata;
    try {
        await api.send("DELETE", path, { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid } });
    } catch (error) {
        if (!isStatus(error, 404) && !isStatus(error, 409)) throw error;
    }
    const until = Date.now() + goneMs;
    for (;;) {
        const now = await api.get(path);
        if (now === undefined || now.metadata.uid !== uid) return;
        if (Date.now() > until)
            throw new Error(`the namespace ${name} does not go: see \`kubectl get namespace ${name} -o yaml\``);
        await api.pause(500);
    }
}

function namespaceObject(name: string, owner: string): KubeObject {
    const levels = ["enforce", "audit", "warn"].map(
        (mode) => [`pod-security.kubernetes.io/${mode}`, "privileged"] as const,
    );
    return {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name, labels: { [ownerLabel]: owner, ...Object.fromEntries(levels) } },
    };
}
