import { createHash } from "node:crypto";

import type { KubeObject } from "../../plugin/copier/apiServer.ts";
import type { Asked, FakeApiServer } from "./fakeApiServer.ts";

/** What a node tells of itself. */
export interface NodeFacts {
    readonly ready?: boolean;
    readonly architecture?: string;
    readonly os?: string;
    readonly osImage?: string;
    readonly runtime?: string;
    readonly kubelet?: string;
    readonly images?: string[];
    readonly labels?: Record<string, string>;
}

interface ImporterPod extends KubeObject {
    spec: {
        nodeName: string;
        containers: [{ image: string; command: string[]; env: { name: string; value: string }[] }];
        volumes: { name: string; projected?: { sources: { configMap: { name: string } }[] } }[];
    };
    status?: unknown;
}

/** Nodes whose kubelets run importers, in a server without any: what `importer.sh` would do is done here. */
export class ImportNodes {
    /** Digests that a node has, by its name. */
    readonly held = new Map<string, Set<string>>();
    /** Digests that a node pins, by its name. */
    readonly pinned = new Map<string, Set<string>>();
    /** What was put together on a node. */
    readonly received: { node: string; bytes: Buffer }[] = [];
    /** Images that are there and cannot be started, as one that came with a pull secret. */
    readonly unstartable = new Set<string>();
    /** What an importer says on a node in place of its work. */
    readonly says = new Map<string, string>();
    /** Events in place of a start, by node. */
    readonly events = new Map<string, string>();
    private readonly fake: FakeApiServer;

    constructor(fake: FakeApiServer) {
        this.fake = fake;
        fake.refuse = (asked) => {
            this.kubelet(asked);
            return undefined;
        };
    }

    node(name: string, facts: NodeFacts = {}): void {
        const {
            ready = true,
            architecture = "amd64",
            os = "linux",
            osImage = "Debian GNU/Linux 12 (bookworm)",
        } = facts;
        const { runtime = "containerd://1.7.24", kubelet = "v1.36.3", images = ["registry.k8s.io/pause:3.10"] } = facts;
        this.fake.put("/api/v1/nodes", {
            metadata: { name, labels: { "kubernetes.io/os": os, ...facts.labels } },
            status: {
                conditions: [{ type: "Ready", status: ready ? "True" : "Unknown" }],
                nodeInfo: {
                    ...{ operatingSystem: os, architecture, osImage },
                    ...{ containerRuntimeVersion: runtime, kubeletVersion: kubelet },
                },
                images: images.map((image) => ({ names: [image], sizeBytes: image.length })),
            },
        });
    }

    of(map: Map<string, Set<string>>, node: string): Set<string> {
        const found = map.get(node) ?? new Set();
        map.set(node, found);
        return found;
    }

    /** A pod is looked at some time after it was made. */
    private kubelet({ method, url }: Asked): void {
        const path = url.split("?")[0] ?? "";
        if (method !== "GET" || !/\/pods\/[^/]+$/.test(path)) return;
        const pod = this.fake.get(path) as ImporterPod | undefined;
        if (pod === undefined || pod.status !== undefined) return;
        const status = this.statusOf(pod);
        if (status !== undefined) this.fake.put(path.replace(/\/[^/]+$/, ""), { ...pod, status });
    }

    private statusOf(pod: ImporterPod): object | undefined {
        const { nodeName, containers } = pod.spec;
        const event = this.events.get(nodeName);
        if (event !== undefined) {
            const { namespace = "", name, uid = "" } = pod.metadata;
            const object = { kind: "Pod", name, uid };
            const what = { type: "Warning", reason: "FailedMount", message: event, involvedObject: object };
            this.fake.put(`/api/v1/namespaces/${namespace}/events`, { metadata: { name: `event-${name}` }, ...what });
            return undefined;
        }
        const container = (state: object): object => ({
            containerStatuses: [{ name: "importer", ready: false, state }],
        });
        if (this.unstartable.has(containers[0].image)) {
            return container({ waiting: { reason: "ErrImageNeverPull", message: "the pod lacks its credentials" } });
        }
        const said = this.says.get(nodeName) ?? this.work(pod);
        const exitCode = said.includes("failed ") ? 1 : 0;
        return container({ terminated: { exitCode, reason: exitCode === 0 ? "Completed" : "Error", message: said } });
    }

    private work({ metadata, spec }: ImporterPod): string {
        const { nodeName, containers, volumes } = spec;
        const [action, ...images] = containers[0].command.slice(4);
        const [held, pinned] = [this.of(this.held, nodeName), this.of(this.pinned, nodeName)];
        const digests = images.map((image) => image.split("|")[0] ?? "");
        if (action === "unpin") {
            for (const digest of digests) pinned.delete(digest);
            return "done";
        }
        if (action === "import") {
            const sources = volumes.find(({ name }) => name === "pieces")?.projected?.sources ?? [];
            const bytes = Buffer.concat(
                sources.map(({ configMap }) => {
                    const path = `/api/v1/namespaces/${metadata.namespace ?? ""}/configmaps/${configMap.name}`;
                    const { binaryData } = this.fake.get(path) as unknown as { binaryData: { piece: string } };
                    return Buffer.from(binaryData.piece, "base64");
                }),
            );
            const wanted = containers[0].env.find(({ name }) => name === "ARCHIVE")?.value;
            if (createHash("sha256").update(bytes).digest("hex") !== wanted)
                return "failed what arrived is not what was sent";
            this.received.push({ node: nodeName, bytes });
            for (const digest of digests) held.add(digest);
        }
        const lines = digests.map((digest, index) => {
            if (held.has(digest)) pinned.add(digest);
            return `image ${index.toString()} ${held.has(digest) ? "present" : "missing"}`;
        });
        return ["containerd 1.7.24", ...lines, "done"].join("\n");
    }
}
