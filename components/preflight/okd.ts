import type { AnyObject, ApiKind, Cluster } from "./cluster.ts";

/** What a stack is about to tell an OKD cluster of its registry. */
export interface OkdClaim {
    defaultRoute: boolean;
    routes: readonly OkdRouteClaim[];
    management?:
        | {
              storage: { kind: string; claim?: string | undefined; newClaim?: { accessMode: string } | undefined };
              replicas: number;
              rolloutStrategy: string;
          }
        | undefined;
    /** Name of the ConfigMap that the cluster shall refer to, where one is named. */
    configMap?: string | undefined;
}

/** A route of it. */
export interface OkdRouteClaim {
    name: string;
    host: string;
    secretName?: string | undefined;
    /** Whether the stack makes the Secret. */
    given: boolean;
}

/** What the stack told the cluster at the last update: inputs of the component. */
export interface OkdBefore {
    routes?: { name: string; host: string }[];
    management?: { claim?: string; newClaim?: object; s3?: object; emptyDir?: boolean };
}

const namespace = "openshift-image-registry";
const kind = (group: string, plural: string): ApiKind => ({ group, version: "v1", plural });
const core = (plural: string): ApiKind => kind("", plural);
/** Fields of `spec.storage` that are a place, each another one. */
const backends = ["emptyDir", "s3", "gcs", "swift", "pvc", "azure", "ibmcos", "oss"];
const backendOf: Readonly<Record<string, string>> = { claim: "pvc", s3: "s3", emptyDir: "emptyDir" };

/**
 * What stands against it, one line for each thing, by key. Empty: nothing does. `before` is what this stack has told the cluster already,
 * undefined when it is new. Throws where the cluster does not answer.
 */
export async function okdConflicts(
    cluster: Cluster,
    claim: OkdClaim,
    before: OkdBefore | undefined,
): Promise<string[]> {
    const config = named(await cluster.list(kind("imageregistry.operator.openshift.io", "configs")));
    if (config === undefined) return [await withoutRegistry(cluster)];
    const found = await Promise.all([
        managementConflicts(cluster, claim, config, before),
        routeConflicts(cluster, claim, config, before),
        trustConflicts(cluster, claim),
    ]);
    return found.flat();
}

/** An OKD without the capability, or no OKD. */
async function withoutRegistry(cluster: Cluster): Promise<string> {
    if ((await cluster.list(kind("config.openshift.io", "images"))) === undefined)
        return "okd: this cluster does not know config.openshift.io: it is no OKD. For another cluster there is the section registry";
    return (
        "okd: this cluster has no registry of its own: its capability ImageRegistry is off. Add ImageRegistry to " +
        "spec.capabilities.additionalEnabledCapabilities of clusterversion/version, and wait for the ClusterOperator image-registry"
    );
}

async function managementConflicts(
    cluster: Cluster,
    { management }: OkdClaim,
    config: AnyObject,
    before: OkdBefore | undefined,
): Promise<string[]> {
    const state = config.spec?.managementState;
    if (management === undefined) {
        if (state === "Managed" || state === "Force") return [];
        const now = typeof state === "string" ? state : "missing";
        return [
            `okd.management: is missing, and managementState of the cluster's registry is ${now}: give it, with the storage`,
        ];
    }
    const { storage, replicas, rolloutStrategy } = management;
    const wanted = backendOf[storage.kind] ?? storage.kind;
    const there = Object.keys(config.spec?.storage ?? {}).filter((key) => backends.includes(key));
    const own = ownBackend(before);
    const foreign = there.filter((key) => key !== wanted && key !== own);
    const problems = foreign.map(
        (key) =>
            `okd.management.storage.kind: is ${storage.kind}, and the registry has its images in ${key} already, which somebody else has set. ` +
            `Move what you need, then: oc patch configs.imageregistry.operator.openshift.io/cluster --type=json ` +
            `-p '[{"op":"remove","path":"/spec/storage/${key}"}]'`,
    );
    if (own !== undefined && own !== wanted && there.includes(own))
        problems.push(
            `okd.management.storage.kind: is ${storage.kind}, and the images are in ${own}: they would be lost. Move them first, and take the section okd.management out for one update`,
        );
    if (storage.claim === undefined) return problems;
    const found = await cluster.read(core("persistentvolumeclaims"), namespace, storage.claim);
    const made = before?.management?.newClaim !== undefined && before.management.claim === storage.claim;
    if (found === undefined && storage.newClaim === undefined)
        problems.push(
            `okd.management.storage.claim: is ${storage.claim}; there is no such claim in ${namespace}: make it, or give newClaim`,
        );
    if (found !== undefined && storage.newClaim !== undefined && !made)
        problems.push(
            `okd.management.storage.newClaim: the claim ${storage.claim} is there already: leave newClaim out`,
        );
    const modes = (found?.spec?.accessModes ?? []) as string[];
    if (modes.length > 0 && !modes.includes("ReadWriteMany") && (replicas > 1 || rolloutStrategy !== "Recreate"))
        problems.push(
            `okd.management.rolloutStrategy: is ${rolloutStrategy} with ${replicas.toString()} pods; the claim ${storage.claim} allows ${modes.join(", ")}: set replicas to 1 and this to Recreate`,
        );
    return problems;
}

function ownBackend(before: OkdBefore | undefined): string | undefined {
    const { claim, s3, emptyDir } = before?.management ?? {};
    if (claim !== undefined) return "pvc";
    if (s3 !== undefined) return "s3";
    return emptyDir === true ? "emptyDir" : undefined;
}

async function routeConflicts(
    cluster: Cluster,
    { routes }: OkdClaim,
    config: AnyObject,
    before: OkdBefore | undefined,
): Promise<string[]> {
    if (routes.length === 0) return [];
    const ours = (before?.routes ?? []).map(({ name }) => name);
    const listed = (config.spec?.routes ?? []) as { name: string; hostname?: string }[];
    const foreign = listed.filter(({ name }) => !ours.includes(name));
    const problems: string[] = [];
    if (foreign.length > 0) {
        const names = foreign.map(({ name, hostname = "" }) => `${name} (${hostname})`).join(", ");
        problems.push(
            `okd.routes: the cluster's registry has the routes ${names} of another stack or by hand, and only one can have any: name them all there`,
        );
    }
    const all = (await cluster.list(kind("route.openshift.io", "routes"))) ?? [];
    const domain = await ingressDomain(cluster);
    for (const [index, route] of routes.entries()) {
        const key = `okd.routes.${index.toString()}`;
        const holder = all.find(
            (one) =>
                one.spec?.host === route.host &&
                !(one.metadata?.namespace === namespace && ours.includes(one.metadata.name ?? "")),
        );
        if (holder !== undefined)
            problems.push(
                `${key}.host: is ${route.host}, which the route ${holder.metadata?.namespace ?? ""}/${holder.metadata?.name ?? ""} has; choose another`,
            );
        if (!route.given && route.secretName === undefined) problems.push(...outside(key, route, domain));
        else if (!route.given) problems.push(...(await secretProblems(cluster, key, route.secretName ?? "")));
    }
    return problems;
}

/** Domain below which the cluster gives hosts. */
export async function ingressDomain(cluster: Cluster): Promise<string | undefined> {
    const { appsDomain, domain } = (named(await cluster.list(kind("config.openshift.io", "ingresses")))?.spec ??
        {}) as {
        appsDomain?: string;
        domain?: string;
    };
    return appsDomain !== undefined && appsDomain !== "" ? appsDomain : domain;
}

/** The router's own certificate names one level below its domain. */
function outside(key: string, { name, host }: OkdRouteClaim, domain: string | undefined): string[] {
    if (domain === undefined) return [];
    const below = host.endsWith(`.${domain}`) && !host.slice(0, -domain.length - 1).includes(".");
    if (below) return [];
    return [
        `${key}.host: is ${host}, which the router's certificate for *.${domain} does not name: give okdSecrets.certificates.${name}, ` +
            `name its Secret in ${key}.secretName, or choose a host below ${domain}`,
    ];
}

async function secretProblems(cluster: Cluster, key: string, name: string): Promise<string[]> {
    const found = await cluster.read(core("secrets"), namespace, name);
    if (found === undefined)
        return [
            `${key}.secretName: is ${name}; there is no such Secret in ${namespace}: make it, or give the certificate in okdSecrets`,
        ];
    const lacking = ["tls.crt", "tls.key"].filter((one) => found.data?.[one] === undefined);
    return lacking.length === 0 ? [] : [`${key}.secretName: is ${name}; this Secret lacks ${lacking.join(" and ")}`];
}

async function trustConflicts(cluster: Cluster, { configMap }: OkdClaim): Promise<string[]> {
    if (configMap === undefined) return [];
    const image = named(await cluster.list(kind("config.openshift.io", "images")));
    const { name = "" } = (image?.spec?.additionalTrustedCA ?? {}) as { name?: string };
    if (name === "" || name === configMap) return [];
    return [
        `okd.trust.configMap: is ${configMap}, and the cluster refers to ${name} already, which is somebody else's and the only one: ` +
            "leave the setting out, and the entries are added there",
    ];
}

function named(objects: readonly AnyObject[] | undefined): AnyObject | undefined {
    return objects?.find((one) => one.metadata?.name === "cluster");
}
