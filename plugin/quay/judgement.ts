import type { KubeObject } from "../copier/apiServer.ts";
import { conditionOf, inWords, type Condition } from "../okd/openshift.ts";

/** What has become of a Quay, or of its operator, so far. */
export type Judgement =
    | { readonly state: "ready" }
    | { readonly state: "waiting"; readonly why: string }
    /** It does not get better by itself, if it lasts: who says so may not have looked yet. */
    | { readonly state: "failing"; readonly why: string };

interface Status {
    currentVersion?: string;
    registryEndpoint?: string;
    conditions?: Condition[];
}

/** Reasons by which a Quay does not come without somebody doing something, and what that is. */
const remedies: Readonly<Record<string, string>> = {
    ConfigInvalid: "mend what it names in quay.config, quay.components or quayCredentials.config",
    ComponentOverrideInvalid: "mend what it names in quay.components",
    ComponentCreationFailed: "mend what it names in quay.components",
    RouteComponentDependencyError:
        "the cluster has no routes: set route to managed: false in quay.components, and quay.host",
    ObjectStorageComponentDependencyError:
        "the cluster gives no object storage (objectbucket.io): install one, or set quay.storage.kind to s3",
    MonitoringComponentDependencyError:
        "set monitoring to managed: false in quay.components, or the operator's scope to AllNamespaces",
    MigrationsFailed: "look at the Job <name>-quay-app-upgrade",
    PostgresUpgradeFailed: "look at the Job of the upgrade of its database",
    PVCProvisioningFailed: "a volume cannot be made: set storageClassName in quay.components",
};

/** Judges a QuayRegistry by its conditions, which `Available` alone does not: it is looked at only every minute. */
export function judgeQuay(registry: KubeObject): Judgement {
    const { currentVersion, registryEndpoint, conditions } = (registry.status ?? {}) as Status;
    const blocked = conditionOf(conditions, "RolloutBlocked");
    const created = conditionOf(conditions, "ComponentsCreated");
    const available = conditionOf(conditions, "Available");
    const bad = [
        ...(blocked?.status === "True" ? [blocked] : []),
        ...(conditions ?? []).filter(({ status, reason = "" }) => status === "False" && reason in remedies),
    ][0];
    if (bad !== undefined) {
        const remedy = remedies[bad.reason ?? ""];
        return { state: "failing", why: `${inWords(bad)}${remedy === undefined ? "" : `. To mend it: ${remedy}`}` };
    }
    if (blocked === undefined || created === undefined || available === undefined)
        return { state: "waiting", why: "its operator has not said everything yet" };
    const behind = [created, available].find(({ status }) => status !== "True");
    if (behind !== undefined) {
        const parts = (conditions ?? []).filter(
            ({ type, status }) => /^Component.*Ready$/.test(type) && status !== "True",
        );
        return { state: "waiting", why: [behind, ...parts].map(inWords).join("; ") };
    }
    if (
        currentVersion === undefined ||
        currentVersion === "" ||
        registryEndpoint === undefined ||
        registryEndpoint === ""
    )
        return { state: "waiting", why: "it has no version or no host yet" };
    return { state: "ready" };
}

/** What OLM is asked for. */
export interface WantedOperator {
    readonly package: string;
    readonly channel: string;
    readonly startingCSV?: string;
    readonly approval: string;
}

/** What is to be done about the operator: wait, give up, approve a plan, or nothing any more. */
export type OperatorJudgement = Judgement | { readonly state: "approve"; readonly plan: string };

interface Subscription {
    status?: {
        state?: string;
        installedCSV?: string;
        currentCSV?: string;
        installPlanRef?: { name: string };
        conditions?: Condition[];
    };
}

/** Judges a Subscription, with the plan that it refers to and the version that it has installed. */
export function judgeOperator(
    wanted: WantedOperator,
    subscription: KubeObject,
    plan: KubeObject | undefined,
    version: KubeObject | undefined,
): OperatorJudgement {
    const { status = {} } = subscription as Subscription;
    const resolution = conditionOf(status.conditions, "ResolutionFailed");
    if (resolution?.status === "True") {
        const asked = `${wanted.package}, channel ${wanted.channel}${wanted.startingCSV === undefined ? "" : `, ${wanted.startingCSV}`}`;
        const remedy = "compare quay.operator with: oc get packagemanifests -n openshift-marketplace";
        return { state: "failing", why: `OLM does not find ${asked}: ${inWords(resolution)}. ${remedy}` };
    }
    const sources = conditionOf(status.conditions, "CatalogSourcesUnhealthy");
    const bundle = conditionOf(status.conditions, "BundleUnpackFailed");
    if (bundle?.status === "True") return { state: "failing", why: inWords(bundle) };
    const { approved, names = [] } = planOf(plan);
    const failed = conditionOf(status.conditions, "InstallPlanFailed");
    if (failed?.status === "True") return { state: "failing", why: inWords(failed) };
    const installed = status.installedCSV ?? "";
    const pinned = wanted.approval === "Manual" ? wanted.startingCSV : undefined;
    if (plan !== undefined && approved === false && pinned !== undefined && installed !== pinned) {
        // A plan is for all Subscriptions of the namespace: what nobody asked for here is not approved here.
        const [one, ...others] = names;
        if (one === pinned && others.length === 0) return { state: "approve", plan: plan.metadata.name };
        const approve = `oc -n ${plan.metadata.namespace ?? ""} patch installplan ${plan.metadata.name} --type merge -p '{"spec":{"approved":true}}'`;
        return {
            state: "failing",
            why: `the plan ${plan.metadata.name} would install ${names.join(", ")}, and quay.operator.startingCSV is ${pinned}: set it to what the channel has, or approve the plan by hand with: ${approve}`,
        };
    }
    if (installed === "") {
        if (sources?.status === "True") return { state: "waiting", why: inWords(sources) };
        return { state: "waiting", why: `OLM is at ${status.state ?? "the beginning"}` };
    }
    if (pinned !== undefined && installed.localeCompare(pinned, "en", { numeric: true }) > 0)
        return {
            state: "failing",
            why: `${installed} is installed, and quay.operator.startingCSV is the older ${pinned}: OLM does not go back, so name the one that is there`,
        };
    if (pinned !== undefined && installed !== pinned)
        return { state: "waiting", why: `${installed} runs, and ${pinned} is not there yet` };
    const { phase, reason, message } = (version?.status ?? {}) as { phase?: string; reason?: string; message?: string };
    if (phase === "Succeeded") return { state: "ready" };
    const words = `${installed} is ${phase ?? "not there yet"}${message === undefined ? "" : ` (${reason ?? ""}: ${message})`}`;
    return phase === "Failed" ? { state: "failing", why: words } : { state: "waiting", why: words };
}

function planOf(plan: KubeObject | undefined): { approved?: boolean; names?: string[] } {
    const { approved, clusterServiceVersionNames: names } = (plan?.spec ?? {}) as {
        approved?: boolean;
        clusterServiceVersionNames?: string[];
    };
    return { ...(approved === undefined ? {} : { approved }), ...(names === undefined ? {} : { names }) };
}
