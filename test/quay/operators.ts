import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { parse, stringify } from "yaml";

import type { ApiServer, KubeObject } from "../../plugin/copier/apiServer.ts";
import type { QuayServer } from "./server.ts";

const lookMs = 150;
const mergePatch = { "content-type": "application/merge-patch+json" };
const finalizer = "quay-operator/finalizer";
const at = "2026-11-21T00:00:00Z";

interface QuaySpec {
    configBundleSecret?: string;
    components?: { kind: string; managed: boolean }[];
}

/**
 * OLM and the operator of Quay, as far as the facts describe them: a plan that waits for approval, a version, a bundle that is checked and
 * rendered under another name each time, a Deployment that uses it, conditions, a finalizer, and owners of what belongs to a Quay.
 */
export class QuayOperators {
    /** Packages that the catalogue has. */
    readonly packages = new Set(["project-quay"]);
    /** Every value that the flag for the first user has had. */
    readonly flags: boolean[] = [];
    private readonly api: ApiServer;
    private readonly quay: QuayServer;
    private readonly namespace: string;
    private readonly ending = new AbortController();
    private running: Promise<void> | undefined;

    constructor(api: ApiServer, quay: QuayServer, namespace: string) {
        this.api = api;
        this.quay = quay;
        this.namespace = namespace;
    }

    start(): void {
        this.running = this.run();
    }

    async stop(): Promise<void> {
        this.ending.abort();
        await this.running;
    }

    private async run(): Promise<void> {
        while (!this.ending.signal.aborted) {
            try {
                await this.subscriptions();
                await this.registries();
            } catch (error) {
                // Somebody else wrote in between: it looks again.
                if (!(error instanceof Error)) throw error;
            }
            await sleep(lookMs);
        }
    }

    private path(group: string, plural: string, name = ""): string {
        const root = group === "v1" ? "/api/v1" : `/apis/${group}`;
        return `${root}/namespaces/${this.namespace}/${plural}${name === "" ? "" : `/${name}`}`;
    }

    private olm(plural: string, name = ""): string {
        return this.path("operators.coreos.com/v1alpha1", plural, name);
    }

    private async status(path: string, status: object): Promise<void> {
        await this.api.send("PATCH", `${path}/status`, { status }, mergePatch);
    }

    private async subscriptions(): Promise<void> {
        for (const one of (await this.api.list(this.olm("subscriptions"))).items) {
            const path = this.olm("subscriptions", one.metadata.name);
            const spec = one.spec as { name: string; startingCSV?: string; installPlanApproval?: string };
            const status = (one.status ?? {}) as { state?: string };
            if (!this.packages.has(spec.name)) {
                const message = `no operators found in package ${spec.name} in the catalog referenced by subscription`;
                const failed = {
                    type: "ResolutionFailed",
                    status: "True",
                    reason: "ConstraintsNotSatisfiable",
                    message,
                };
                await this.status(path, { lastUpdated: at, conditions: [failed] });
                continue;
            }
            const csv = spec.startingCSV ?? "quay-operator.v3.17.9";
            const name = `install-${createHash("sha256").update(csv).digest("hex").slice(0, 5)}`;
            const plan = await this.api.get(this.olm("installplans", name));
            if (plan === undefined) {
                await this.make(this.olm("installplans"), "operators.coreos.com/v1alpha1", "InstallPlan", name, {
                    approval: spec.installPlanApproval ?? "Automatic",
                    approved: spec.installPlanApproval !== "Manual",
                    clusterServiceVersionNames: [csv],
                });
                const installPlanRef = { name, namespace: this.namespace, kind: "InstallPlan" };
                await this.status(path, { lastUpdated: at, state: "UpgradePending", conditions: [], installPlanRef });
            } else if ((plan.spec as { approved: boolean }).approved && status.state !== "AtLatestKnown") {
                if ((await this.api.get(this.olm("clusterserviceversions", csv))) === undefined) {
                    const spec = { displayName: "Quay", install: { strategy: "deployment" } };
                    const plural = this.olm("clusterserviceversions");
                    await this.make(plural, "operators.coreos.com/v1alpha1", "ClusterServiceVersion", csv, spec);
                }
                await this.status(this.olm("clusterserviceversions", csv), { phase: "Succeeded" });
                await this.status(path, {
                    lastUpdated: at,
                    state: "AtLatestKnown",
                    installedCSV: csv,
                    currentCSV: csv,
                });
            }
        }
    }

    private async registries(): Promise<void> {
        const group = "quay.redhat.com/v1";
        for (const one of (await this.api.list(this.path(group, "quayregistries"))).items) {
            const {
                name,
                finalizers = [],
                deletionTimestamp,
            } = one.metadata as KubeObject["metadata"] & {
                finalizers?: string[];
                deletionTimestamp?: string;
            };
            const path = this.path(group, "quayregistries", name);
            if (deletionTimestamp !== undefined) {
                await this.api.send("PATCH", path, { metadata: { finalizers: null } }, mergePatch);
                continue;
            }
            if (!finalizers.includes(finalizer)) {
                await this.api.send("PATCH", path, { metadata: { finalizers: [finalizer] } }, mergePatch);
                continue;
            }
            await this.reconcile(one, path);
        }
    }

    private async reconcile(one: KubeObject, path: string): Promise<void> {
        const { configBundleSecret = "", components = [] } = (one.spec ?? {}) as QuaySpec;
        const bundle = await this.api.get(this.path("v1", "secrets", configBundleSecret));
        if (bundle === undefined) return;
        const text = Buffer.from((bundle.data as Record<string, string>)["config.yaml"] ?? "", "base64").toString();
        const config = (parse(text) ?? {}) as Record<string, unknown>;
        const trouble = mistakeIn(config, components);
        if (trouble !== undefined) {
            const blocked = { type: "RolloutBlocked", status: "True", reason: "ConfigInvalid", message: trouble };
            await this.status(path, { conditions: [stamped(blocked)] });
            return;
        }
        const rendered = stringify({ ...config, DB_URI: "of-the-operator", SETUP_COMPLETE: true });
        const hash = createHash("sha256").update(rendered).digest("hex").slice(0, 10);
        const secret = `${one.metadata.name}-quay-config-secret-${hash}`;
        const owner = { apiVersion: one.apiVersion, kind: one.kind, name: one.metadata.name, uid: one.metadata.uid };
        if ((await this.api.get(this.path("v1", "secrets", secret))) === undefined) {
            await this.api.send("POST", this.path("v1", "secrets"), {
                ...{ apiVersion: "v1", kind: "Secret" },
                metadata: { name: secret, ownerReferences: [owner] },
                stringData: { "config.yaml": rendered },
            });
        }
        await this.deploy(one, secret, owner);
        const on = config.FEATURE_USER_INITIALIZE === true;
        if (this.flags.at(-1) !== on) this.flags.push(on);
        this.quay.state.config.initialize = on;
        const good = [
            { type: "RolloutBlocked", status: "False", reason: "ComponentsCreationSuccess" },
            { type: "ComponentsCreated", status: "True", reason: "ComponentsCreationSuccess" },
            { type: "Available", status: "True", reason: "HealthChecksPassing" },
        ].map(stamped);
        const told = { currentVersion: "3.17.0", registryEndpoint: this.quay.url, conditions: good };
        if (JSON.stringify((one.status as typeof told | undefined)?.conditions) !== JSON.stringify(good))
            await this.status(path, told);
    }

    private async deploy(one: KubeObject, secret: string, owner: object): Promise<void> {
        const name = `${one.metadata.name}-quay-app`;
        const path = this.path("apps/v1", "deployments", name);
        const labels = { "quay-component": "quay-app" };
        const pod = {
            containers: [{ name: "quay-app", image: "quay.test/quay:3.17.0" }],
            volumes: [{ name: "config", secret: { secretName: secret } }],
        };
        const found = await this.api.get(path);
        const template = { metadata: { labels }, spec: pod };
        const spec = { replicas: 2, selector: { matchLabels: labels }, template };
        if (found === undefined) {
            const metadata = { name, labels, ownerReferences: [owner] };
            await this.api.send("POST", this.path("apps/v1", "deployments"), {
                ...{ apiVersion: "apps/v1", kind: "Deployment", metadata, spec },
            });
        } else if (!JSON.stringify(found.spec).includes(secret)) {
            const volumes = { spec: { template: { spec: { volumes: pod.volumes } } } };
            await this.api.send("PATCH", path, volumes, { "content-type": "application/strategic-merge-patch+json" });
        } else {
            const generation = found.metadata.generation ?? 0;
            const { observedGeneration = 0 } = (found.status ?? {}) as { observedGeneration?: number };
            if (observedGeneration >= generation) return;
            const counts = { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };
            await this.status(path, { observedGeneration: generation, ...counts });
        }
    }

    private async make(path: string, apiVersion: string, kind: string, name: string, spec: object): Promise<void> {
        await this.api.send("POST", path, { apiVersion, kind, metadata: { name, namespace: this.namespace }, spec });
    }
}

/** What the operator refuses: parts that neither it nor the bundle has, or both. */
function mistakeIn(
    config: Record<string, unknown>,
    components: readonly { kind: string; managed: boolean }[],
): string | undefined {
    const fields = { objectstorage: "DISTRIBUTED_STORAGE_CONFIG", postgres: "DB_URI" };
    for (const [kind, field] of Object.entries(fields)) {
        const managed = components.find((one) => one.kind === kind)?.managed ?? true;
        if (!managed && !(field in config))
            return `required component \`${kind}\` marked as unmanaged, but \`configBundleSecret\` is missing necessary fields`;
        if (managed && field in config)
            return `${kind} component marked as managed, but \`configBundleSecret\` contains required fields`;
    }
    return undefined;
}

function stamped(condition: object): object {
    return { ...condition, lastUpdateTime: at, lastTransitionTime: at };
}
