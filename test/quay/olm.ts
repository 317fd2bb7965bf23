import { createHash } from "node:crypto";

import type { ApiServer, KubeObject } from "../../plugin/copier/apiServer.ts";

const group = "operators.coreos.com/v1alpha1";
const mergePatch = { "content-type": "application/merge-patch+json" };
const at = "2026-11-21T00:00:00Z";

interface Spec {
    name: string;
    startingCSV?: string;
    installPlanApproval?: string;
}

interface Status {
    state?: string;
    installedCSV?: string;
}

/** OLM in one namespace, as far as the facts describe it: plans that wait for approval, versions, and what becomes of a second OperatorGroup. */
export class Olm {
    /** Packages that the catalogue has. */
    readonly packages = new Set(["project-quay"]);
    /** Versions in the channel, the newest last. */
    readonly channel = ["quay-operator.v3.17.0"];
    private readonly api: ApiServer;
    private readonly namespace: string;

    constructor(api: ApiServer, namespace: string) {
        this.api = api;
        this.namespace = namespace;
    }

    /** Does what there is to do just now. */
    async look(): Promise<void> {
        const groups = await this.api.list(`/apis/operators.coreos.com/v1/namespaces/${this.namespace}/operatorgroups`);
        for (const one of (await this.api.list(this.path("subscriptions"))).items) {
            await this.subscribe(one, groups.items.length);
        }
    }

    /** Version that is installed, as its name says it. */
    async version(): Promise<string> {
        for (const { status } of (await this.api.list(this.path("subscriptions"))).items) {
            const { installedCSV } = (status ?? {}) as Status;
            if (installedCSV !== undefined) return installedCSV.replace(/^.*\.v/, "");
        }
        return "3.17.0";
    }

    private async subscribe(one: KubeObject, groups: number): Promise<void> {
        const path = this.path("subscriptions", one.metadata.name);
        const { name, startingCSV, installPlanApproval = "Automatic" } = one.spec as Spec;
        const { state, installedCSV } = (one.status ?? {}) as Status;
        if (!this.packages.has(name)) {
            const message = `no operators found in package ${name} in the catalog referenced by subscription`;
            const failed = { type: "ResolutionFailed", status: "True", reason: "ConstraintsNotSatisfiable", message };
            await this.status(path, { lastUpdated: at, conditions: [failed] });
            return;
        }
        const newest = this.channel.at(-1) ?? "";
        const csv = installedCSV === undefined ? (startingCSV ?? newest) : newest;
        if (csv === installedCSV && state === "AtLatestKnown") return;
        const planName = `install-${createHash("sha256").update(csv).digest("hex").slice(0, 5)}`;
        const plan = await this.api.get(this.path("installplans", planName));
        if (plan === undefined) {
            await this.make("installplans", "InstallPlan", planName, {
                approval: installPlanApproval,
                approved: installPlanApproval !== "Manual",
                clusterServiceVersionNames: [csv],
            });
            const installPlanRef = { name: planName, namespace: this.namespace, kind: "InstallPlan" };
            await this.status(path, { lastUpdated: at, state: "UpgradePending", conditions: [], installPlanRef });
        } else if ((plan.spec as { approved: boolean }).approved) {
            await this.install(csv, groups);
            await this.status(path, { lastUpdated: at, state: "AtLatestKnown", installedCSV: csv, currentCSV: csv });
            if (installedCSV !== undefined && installedCSV !== csv)
                await this.api.send("DELETE", this.path("clusterserviceversions", installedCSV));
        }
    }

    private async install(csv: string, groups: number): Promise<void> {
        const path = this.path("clusterserviceversions", csv);
        if ((await this.api.get(path)) === undefined) {
            const spec = { displayName: "Quay", install: { strategy: "deployment" } };
            await this.make("clusterserviceversions", "ClusterServiceVersion", csv, spec);
        }
        const message = "csv created in namespace with multiple operatorgroups, can't pick one automatically";
        await this.status(
            path,
            groups > 1 ? { phase: "Failed", reason: "TooManyOperatorGroups", message } : { phase: "Succeeded" },
        );
    }

    private path(plural: string, name = ""): string {
        return `/apis/${group}/namespaces/${this.namespace}/${plural}${name === "" ? "" : `/${name}`}`;
    }

    private async status(path: string, status: object): Promise<void> {
        await this.api.send("PATCH", `${path}/status`, { status }, mergePatch);
    }

    private async make(plural: string, kind: string, name: string, spec: object): Promise<void> {
        const metadata = { name, namespace: this.namespace };
        await this.api.send("POST", this.path(plural), { apiVersion: group, kind, metadata, spec });
    }
}
