import type { ApiServer, KubeObject } from "../copier/apiServer.ts";
import { listNodes } from "../receipts/nodes.ts";
import { shortened } from "../receipts/receipt.ts";
import { textsMissing, type Resource } from "../resource.ts";

/** How long a namespace may take to go, in ms: as long as the engine gives one. */
const limitMs = 600_000;
const pauseMs = 1_000;

/** Made before a namespace and so deleted after it: then it waits until that is gone, or until only nodes that are away keep it. */
export const namespaceRemoval: Resource = {
    type: "siteregistry:index:NamespaceRemoval",
    secrets: [],
    identity: ["namespace"],

    check: (inputs) => Promise.resolve({ inputs, failures: textsMissing(inputs, ["namespace"]) }),
    create: (inputs) => Promise.resolve({ id: nameOf(inputs), state: inputs }),
    update: (_, inputs) => Promise.resolve(inputs),

    read(id, state) {
        return Promise.resolve(Object.keys(state).length === 0 ? { namespace: id } : state);
    },

    async delete(state, session) {
        const namespace = nameOf(state);
        const api = await session.api();
        const limit = Date.now() + limitMs;
        for (;;) {
            const found = await api.get(`/api/v1/namespaces/${namespace}`);
            // One that is not on its way out is somebody else's by now, or was left on purpose.
            if (found?.metadata.deletionTimestamp === undefined) return;
            const { pods, away } = await leftIn(api, namespace);
            if (pods > 0 && away !== undefined) {
                session.warn(
                    `the namespace ${namespace} stays until its pods on nodes that are not Ready have ended: ${shortened(away).join(", ")}. ` +
                        "A node that comes back ends them, and takes its trust back then; for one that is gone for good, delete its Node object",
                );
                return;
            }
            if (Date.now() > limit)
                throw new Error(`the namespace ${namespace} is not gone after ${(limitMs / 1000).toString()} s`);
            session.say(`waiting for the namespace ${namespace}, in which ${pods.toString()} pods are left`);
            await api.pause(pauseMs);
        }
    },
};

function nameOf({ namespace }: Record<string, unknown>): string {
    return namespace as string;
}

/** How many pods a namespace still has, and their nodes where all of those are away. */
async function leftIn(api: ApiServer, namespace: string): Promise<{ pods: number; away?: string[] }> {
    const { items } = await api.list(`/api/v1/namespaces/${namespace}/pods`);
    const pods = (items as (KubeObject & { spec?: { nodeName?: string } })[]).map(({ spec }) => spec?.nodeName ?? "");
    if (pods.length === 0) return { pods: 0 };
    const ready = (await listNodes(api)).filter((node) => node.ready).map(({ name }) => name);
    const away = [...new Set(pods)].sort();
    return away.some((node) => ready.includes(node)) ? { pods: pods.length } : { pods: pods.length, away };
}
