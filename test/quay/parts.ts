import type { ApiServer, KubeObject } from "../../plugin/copier/apiServer.ts";

const strategicPatch = { "content-type": "application/strategic-merge-patch+json" };
const mergePatch = { "content-type": "application/merge-patch+json" };

/** One part of a Quay, as the QuayRegistry has it. */
export interface Component {
    kind: string;
    managed: boolean;
    overrides?: { replicas?: number };
}

interface Scaler {
    spec: { scaleTargetRef: { name: string }; minReplicas: number; maxReplicas: number };
}

/** Deployments of the parts that can be scaled. */
const scaled: Readonly<Record<string, string>> = { quay: "quay-app", clair: "clair-app", mirror: "quay-mirror" };

/** What the operator makes of a Quay's parts, and what the cluster's own controllers make of that: pods by their number, claims that are bound. */
export class Parts {
    private readonly api: ApiServer;
    private readonly namespace: string;

    constructor(api: ApiServer, namespace: string) {
        this.api = api;
        this.namespace = namespace;
    }

    /** Brings them up to date. `secrets` are what Quay's pods have as files. */
    async reconcile(one: KubeObject, components: readonly Component[], secrets: readonly string[]): Promise<void> {
        const { name, uid } = one.metadata;
        const owner = { apiVersion: one.apiVersion, kind: one.kind, name, uid };
        const managed = (kind: string): Component | undefined =>
            components.find((part) => part.kind === kind && part.managed);
        if (managed("objectstorage") !== undefined) await this.claim(`${name}-quay-datastore`, owner);
        const autoscaled = managed("horizontalpodautoscaler") !== undefined;
        for (const [kind, suffix] of Object.entries(scaled)) {
            const part = managed(kind);
            if (part === undefined) continue;
            if (autoscaled) await this.autoscaler(`${name}-${suffix}`, owner);
            // Without any override the operator sets the number back at each look.
            const pinned = autoscaled ? undefined : (part.overrides ?? { replicas: 2 }).replicas;
            await this.deploy(`${name}-${suffix}`, pinned, kind === "quay" ? secrets : [], owner);
        }
        await this.scale();
    }

    private path(group: string, plural: string, name = ""): string {
        const root = group === "v1" ? "/api/v1" : `/apis/${group}`;
        return `${root}/namespaces/${this.namespace}/${plural}${name === "" ? "" : `/${name}`}`;
    }

    private async claim(name: string, owner: object): Promise<void> {
        const group = "objectbucket.io/v1alpha1";
        const path = this.path(group, "objectbucketclaims", name);
        const found = await this.api.get(path);
        if (found === undefined) {
            await this.api.send("POST", this.path(group, "objectbucketclaims"), {
                ...{ apiVersion: group, kind: "ObjectBucketClaim", metadata: { name, ownerReferences: [owner] } },
                spec: { generateBucketName: "quay-datastore", storageClassName: "openshift-storage.noobaa.io" },
            });
        } else if (found.status === undefined) {
            await this.api.send("PATCH", `${path}/status`, { status: { phase: "Bound" } }, mergePatch);
        }
    }

    private async autoscaler(name: string, owner: object): Promise<void> {
        const group = "autoscaling/v2";
        if ((await this.api.get(this.path(group, "horizontalpodautoscalers", name))) !== undefined) return;
        await this.api.send("POST", this.path(group, "horizontalpodautoscalers"), {
            ...{ apiVersion: group, kind: "HorizontalPodAutoscaler", metadata: { name, ownerReferences: [owner] } },
            spec: {
                scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
                ...{ minReplicas: 2, maxReplicas: 20 },
            },
        });
    }

    /** The autoscalers' controller, with nothing to do: the fewest pods that each allows. */
    private async scale(): Promise<void> {
        const { items } = await this.api.list(this.path("autoscaling/v2", "horizontalpodautoscalers"));
        for (const { spec } of items as unknown as Scaler[]) {
            const path = this.path("apps/v1", "deployments", spec.scaleTargetRef.name);
            const found = (await this.api.get(path)) as { spec: { replicas: number } } | undefined;
            const { replicas = 0 } = found?.spec ?? {};
            if (found === undefined || replicas === spec.minReplicas) continue;
            await this.api.send("PATCH", path, { spec: { replicas: spec.minReplicas } }, mergePatch);
        }
    }

    private async deploy(
        name: string,
        pinned: number | undefined,
        secrets: readonly string[],
        owner: object,
    ): Promise<void> {
        const path = this.path("apps/v1", "deployments", name);
        const labels = { "quay-component": name };
        const sources = secrets.map((secret) => ({ secret: { name: secret } }));
        const pod = {
            containers: [{ name: "app", image: "quay.test/quay:3.17.0" }],
            volumes: sources.length === 0 ? [] : [{ name: "config", projected: { sources } }],
        };
        const found = await this.api.get(path);
        if (found === undefined) {
            const metadata = { name, labels, ownerReferences: [owner] };
            const template = { metadata: { labels }, spec: pod };
            const spec = { replicas: pinned ?? 1, selector: { matchLabels: labels }, template };
            await this.api.send("POST", this.path("apps/v1", "deployments"), {
                ...{ apiVersion: "apps/v1", kind: "Deployment", metadata, spec },
            });
            return;
        }
        const { replicas = 0 } = found.spec as { replicas?: number };
        if (pinned !== undefined && replicas !== pinned) {
            await this.api.send("PATCH", path, { spec: { replicas: pinned } }, mergePatch);
        } else if (secrets.some((secret) => !JSON.stringify(found.spec).includes(`"${secret}"`))) {
            const volumes = { spec: { template: { spec: { volumes: pod.volumes } } } };
            await this.api.send("PATCH", path, volumes, strategicPatch);
        } else {
            const { generation: observedGeneration = 0 } = found.metadata;
            const status = { observedGeneration, replicas, updatedReplicas: replicas, readyReplicas: replicas };
            const before = (found.status ?? {}) as { observedGeneration?: number; replicas?: number };
            if (before.observedGeneration === observedGeneration && before.replicas === replicas) return;
            await this.api.send(
                "PATCH",
                `${path}/status`,
                { status: { ...status, availableReplicas: replicas } },
                mergePatch,
            );
        }
    }
}
