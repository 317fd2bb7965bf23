import type { ApiServer, KubeObject } from "../../plugin/copier/apiServer.ts";
import { eachOf } from "../../plugin/eachOf.ts";

export const namespace = "bench-trust";
export const agent = "agent";
export const bundle = "0123456789ab";

const revision = { "controller-revision-hash": "bench" };
const atOnce = 8;
/** A node of a real cluster tells of the images that it has, 50 at most. */
const images = Array.from({ length: 20 }, (_, index) => ({
    names: [`registry.example.org/group/image-${index.toString()}@sha256:${"0".repeat(64)}`],
    sizeBytes: 123_456_789,
}));

/** Makes the DaemonSet of the agents as its controller keeps it. Returns its UID. */
export async function createAgents(api: ApiServer): Promise<string> {
    const sets = `/apis/apps/v1/namespaces/${namespace}/daemonsets`;
    await api.send("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
    const template = {
        metadata: { labels: { app: agent } },
        spec: {
            tolerations: [{ operator: "Exists" }],
            initContainers: [{ name: "apply", image: agent, command: ["sh", "agent.sh", "apply"] }],
            containers: [{ name: "watch", image: agent, command: ["sh", "agent.sh", "watch"] }],
        },
    };
    const spec = { selector: { matchLabels: { app: agent } }, template };
    const made = (await api.send("POST", sets, { metadata: { name: agent }, spec })) as KubeObject;
    const { uid = "", generation } = made.metadata;
    await api.send("PUT", `${sets}/${agent}/status`, {
        ...made,
        status: { ...(made.status as object), observedGeneration: generation },
    });
    await api.send("POST", `/apis/apps/v1/namespaces/${namespace}/controllerrevisions`, {
        metadata: { name: agent, labels: revision, ownerReferences: [owner(uid)] },
        revision: 1,
        data: {},
    });
    return uid;
}

/** Makes Ready nodes of these numbers, each with a pod whose agent has reported. */
export async function createNodes(api: ApiServer, uid: string, numbers: readonly number[]): Promise<void> {
    const names = numbers.map((number) => `bench-${number.toString().padStart(4, "0")}`);
    const failed = await eachOf(names, atOnce, (name) => createNode(api, uid, name));
    for (const [name, error] of failed) throw new Error(`${name}: ${error.message}`);
}

async function createNode(api: ApiServer, uid: string, name: string): Promise<void> {
    const ready = [{ type: "Ready", status: "True" }];
    const node = (await api.send("POST", "/api/v1/nodes", { metadata: { name } })) as KubeObject;
    const nodeInfo = { containerRuntimeVersion: "containerd://2.1.4", kubeletVersion: "v1.36.3", osImage: "Debian" };
    await api.send("PUT", `/api/v1/nodes/${name}/status`, { ...node, status: { conditions: ready, nodeInfo, images } });
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    const containers = [{ name: "watch", image: agent }];
    const pod = (await api.send("POST", pods, {
        metadata: { name: `${agent}-${name}`, labels: { app: agent, ...revision }, ownerReferences: [owner(uid)] },
        spec: { nodeName: name, initContainers: [{ name: "apply", image: agent }], containers },
    })) as KubeObject;
    const message = JSON.stringify({
        status: "applied",
        bundle,
        runtime: "containerd",
        configPath: "/etc/containerd/certs.d",
        files: 4,
        paths: ["/etc/containerd/certs.d/registry.example.org"],
        warnings: [],
    });
    const one = (container: string, state: object) => ({
        ...{ name: container, ready: true, restartCount: 0, image: agent, imageID: agent },
        state,
    });
    await api.send("PUT", `${pods}/${agent}-${name}/status`, {
        ...pod,
        status: {
            phase: "Running",
            conditions: ready,
            initContainerStatuses: [one("apply", { terminated: { exitCode: 0, reason: "Completed", message } })],
            containerStatuses: [one("watch", { running: {} })],
        },
    });
}

function owner(uid: string): object {
    return { apiVersion: "apps/v1", kind: "DaemonSet", name: agent, uid, controller: true };
}
