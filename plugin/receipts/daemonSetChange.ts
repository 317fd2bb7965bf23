import { isStatus, type ApiServer, type KubeObject } from "../copier/apiServer.ts";
import { daemonSetPath, type DaemonSetObject } from "./daemonSets.ts";

/** Who changes it. What is changed is nobody's afterwards, or the engine's next apply would be refused. */
const fieldManager = "siteregistry-removal";

/** Changes a DaemonSet that is the engine's. Returns whether it is there. `to` gives the new object, or undefined where the old one is right. */
export async function changeDaemonSet(
    api: ApiServer,
    namespace: string,
    name: string,
    to: (found: DaemonSetObject) => DaemonSetObject | undefined,
): Promise<boolean> {
    const path = daemonSetPath(namespace, name);
    for (;;) {
        const found = await api.get(path);
        if (found === undefined) return false;
        const wanted = to(found as DaemonSetObject);
        try {
            const now =
                wanted === undefined ? found : await api.send("PUT", `${path}?fieldManager=${fieldManager}`, wanted);
            await disown(api, path, now as KubeObject);
            return true;
        } catch (error) {
            if (isStatus(error, 404)) return false;
            if (!isStatus(error, 409)) throw error; // changed meanwhile: look again
        }
        await api.pause(50);
    }
}

/** Gives up the fields that were changed. */
async function disown(api: ApiServer, path: string, found: KubeObject): Promise<void> {
    const { managedFields = [] } = found.metadata;
    const others = managedFields.filter(({ manager }) => manager !== fieldManager);
    if (others.length === managedFields.length) return;
    await api.send("PUT", path, { ...found, metadata: { ...found.metadata, managedFields: others } });
}
