import type { KubeObject } from "../../plugin/copier/apiServer.ts";
import type { FakeApiServer } from "./fakeApiServer.ts";

/** What a kubelet would tell of a pod, as far as a test cares. */
export interface PodFacts {
    /** Termination message of the init container `apply`. */
    readonly report?: object | string;
    readonly exitCode?: number;
    readonly ready?: boolean;
    readonly revision?: string;
    /** Why its one container waits. */
    readonly waiting?: { reason: string; message?: string };
}

const namespace = "trust";
export const daemonSetsPath = `/apis/apps/v1/namespaces/${namespace}/daemonsets`;

/** Nodes, DaemonSets and their pods as controllers and kubelets keep them, in a server without either. */
export class ReceiptNodes {
    private readonly fake: FakeApiServer;

    constructor(fake: FakeApiServer) {
        this.fake = fake;
    }

    node(name: string, ready = true, labels: Record<string, string> = {}, taints: object[] = []): void {
        this.fake.put("/api/v1/nodes", {
            metadata: { name, labels: { "kubernetes.io/os": "linux", ...labels } },
            spec: { taints },
            status: {
                conditions: [{ type: "Ready", status: ready ? "True" : "Unknown" }],
                nodeInfo: { containerRuntimeVersion: "containerd://1.7.24" },
            },
        });
    }

    /** A DaemonSet whose controller has seen its template. */
    daemonSet(name: string, change: { nodeSelector?: object; observed?: boolean } = {}): void {
        const { nodeSelector = {}, observed = true } = change;
        this.fake.put(daemonSetsPath, {
            metadata: { name, namespace, generation: 1 },
            spec: {
                updateStrategy: { type: "RollingUpdate" },
                template: {
                    spec: {
                        nodeSelector,
                        initContainers: [{ name: "apply", command: ["sh", "agent.sh", "apply"] }],
                        containers: [{ name: "watch", command: ["sh", "agent.sh", "watch"], lifecycle: {} }],
                    },
                },
            },
            status: { observedGeneration: observed ? 1 : 0 },
        });
        for (const revision of [1, 2]) this.revision(name, revision);
    }

    /** A template that was, or is, the DaemonSet's. Its hash is `<name>-<number>`. */
    revision(name: string, number: number): void {
        this.fake.put(`/apis/apps/v1/namespaces/${namespace}/controllerrevisions`, {
            metadata: {
                name: `${name}-${number.toString()}`,
                labels: { "controller-revision-hash": `${name}-${number.toString()}` },
                ownerReferences: [this.owner(name)],
            },
            revision: number,
        });
    }

    pod(daemonSet: string, node: string, facts: PodFacts): void {
        const { report, exitCode = 0, ready = true, revision = `${daemonSet}-2`, waiting } = facts;
        const message = typeof report === "string" ? report : JSON.stringify(report);
        const terminated = { exitCode, message };
        const name = `${daemonSet}-${node}-${revision}`;
        this.fake.put(`/api/v1/namespaces/${namespace}/pods`, {
            metadata: {
                name,
                namespace,
                labels: { "controller-revision-hash": revision },
                ownerReferences: [this.owner(daemonSet)],
            },
            spec: { nodeName: node },
            status: {
                conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
                initContainerStatuses:
                    report === undefined
                        ? []
                        : [
                              exitCode === 0
                                  ? { name: "apply", state: { terminated } }
                                  : {
                                        name: "apply",
                                        state: { waiting: { reason: "CrashLoopBackOff" } },
                                        lastState: { terminated },
                                    },
                          ],
                containerStatuses: [{ name: "watch", ready, state: waiting === undefined ? {} : { waiting } }],
            },
        });
    }

    private owner(daemonSet: string): { kind: string; uid: string; controller: boolean } {
        const { uid = "" } = (this.fake.get(`${daemonSetsPath}/${daemonSet}`) as KubeObject).metadata;
        return { kind: "DaemonSet", uid, controller: true };
    }
}
