import { gatewayGroup, type GatewayArgs } from "../registry/exposure/gateway.ts";
import { routedExposures, type Exposure } from "../registry/exposure/kinds.ts";
import { routedNames } from "../registry/hosts.ts";
import { hostsAnnotation } from "../registry/service.ts";
import type { AnyObject, ApiKind, Cluster } from "./cluster.ts";

/** What a registry is about to take for itself in a cluster. */
export interface Claim {
    namespace: string;
    /** False where the namespace is there already and stays: then it is no one's claim. */
    createNamespace?: boolean | undefined;
    /** Name of the Service and the routes. */
    objectName: string;
    /** Public hosts, `name` or `name:port`. */
    hosts: readonly string[];
    exposure: Exposure;
    clusterIP?: string | undefined;
    trafficDistribution?: string | undefined;
    nodePort?: { port?: number | undefined } | undefined;
    gateway?: GatewayArgs | undefined;
}

const services: ApiKind = { group: "", version: "v1", plural: "services" };
const traefik = (plural: string): ApiKind => ({ group: "traefik.io", version: "v1alpha1", plural });
const gateways = (version: string, plural: string): ApiKind => ({ group: gatewayGroup, version, plural });

/**
 * What stands against the claim, one line for each thing, by key. Empty: nothing does.
 * `before` is what this stack holds already, undefined when it is new. Throws where the cluster does not answer.
 */
export async function conflicts(cluster: Cluster, claim: Claim, before: Claim | undefined): Promise<string[]> {
    const found = await Promise.all([
        claim.createNamespace === false || before?.namespace === claim.namespace
            ? []
            : namespaceTaken(cluster, "registry.namespace", claim.namespace),
        serviceConflicts(cluster, claim, before),
        routeConflicts(cluster, claim, before),
        missingKinds(cluster, claim),
    ]);
    return found.flat();
}

/** What stands against a namespace that is to be made. `key` is the setting that names it. */
export async function namespaceTaken(cluster: Cluster, key: string, namespace: string): Promise<string[]> {
    if (!(await cluster.hasNamespace(namespace))) return [];
    return [
        `${key}: is "${namespace}"; this namespace exists, and this stack did not make it. Choose another, ` +
            "or, when it is what an earlier stack of yours has left, remove it or bring it into this stack with `pulumi import`",
    ];
}

async function serviceConflicts(cluster: Cluster, claim: Claim, before: Claim | undefined): Promise<string[]> {
    const all = (await cluster.list(services)) ?? [];
    const held = all.find((one) => before !== undefined && placeOf(one) === nameOf(before));
    const others = all.filter((one) => one !== held);

    const hosts = claim.hosts.flatMap((host) => {
        const holder = others.find((one) => hostsOf(one).includes(host));
        return holder === undefined
            ? []
            : [taken("host", `is "${host}"`, `the registry ${placeOf(holder)}`, "another")];
    });
    const [address, distribution, port] = await Promise.all([
        addressConflict(cluster, claim.clusterIP, others, held),
        distributionProblem(cluster, claim.trafficDistribution, held),
        portConflict(cluster, claim.exposure === "nodePort" ? claim.nodePort?.port : undefined, others, held),
    ]);
    return [...hosts, ...address, ...distribution, ...port];
}

/** Whether the cluster is too old for it, which only its API server knows. */
async function distributionProblem(
    cluster: Cluster,
    trafficDistribution: string | undefined,
    held: AnyObject | undefined,
): Promise<string[]> {
    if (trafficDistribution === undefined || held?.spec?.trafficDistribution === trafficDistribution) return [];
    const said = await cluster.refusal({ trafficDistribution, ports: [{ port: 5000 }] });
    if (said === undefined) return [];
    return [`registry.trafficDistribution: is "${trafficDistribution}"; the API server refuses it: ${said}`];
}

/** What stands against a fixed cluster address: another Service, or what only the API server knows, such as its range. */
async function addressConflict(
    cluster: Cluster,
    clusterIP: string | undefined,
    others: readonly AnyObject[],
    held: AnyObject | undefined,
): Promise<string[]> {
    if (clusterIP === undefined || (held !== undefined && addressesOf(held).includes(clusterIP))) return [];
    const value = `is "${clusterIP}"`;
    const holder = others.find((one) => addressesOf(one).includes(clusterIP));
    if (holder !== undefined) return [taken("clusterIP", value, `the Service ${placeOf(holder)}`, freeOrNone)];
    const said = await cluster.refusal({ clusterIP, ports: [{ port: 5000 }] });
    return said === undefined ? [] : [`registry.clusterIP: ${value}; the API server refuses it: ${said}`];
}

/** The same for a fixed port on the nodes. */
async function portConflict(
    cluster: Cluster,
    nodePort: number | undefined,
    others: readonly AnyObject[],
    held: AnyObject | undefined,
): Promise<string[]> {
    if (nodePort === undefined || (held !== undefined && nodePortsOf(held).includes(nodePort))) return [];
    const value = `is ${nodePort.toString()}`;
    const holder = others.find((one) => nodePortsOf(one).includes(nodePort));
    if (holder !== undefined) return [taken("nodePort.port", value, `the Service ${placeOf(holder)}`, freeOrNone)];
    const said = await cluster.refusal({ type: "NodePort", ports: [{ port: 5000, nodePort }] });
    return said === undefined ? [] : [`registry.nodePort.port: ${value}; the API server refuses it: ${said}`];
}

const freeOrNone = "a free one, or leave it out";

/** Routes that would answer to one of our names too: Traefik takes two for one name without a word. */
async function routeConflicts(cluster: Cluster, claim: Claim, before: Claim | undefined): Promise<string[]> {
    if (!routedExposures.includes(claim.exposure)) return [];
    const version = claim.gateway?.version ?? "v1alpha2";
    const kinds: [string, ApiKind][] = [
        ["Ingress", { group: "networking.k8s.io", version: "v1", plural: "ingresses" }],
        ["IngressRouteTCP", traefik("ingressroutetcps")],
        ["IngressRoute", traefik("ingressroutes")],
        ["TLSRoute", gateways(version, "tlsroutes")],
        ["HTTPRoute", gateways("v1", "httproutes")],
    ];
    const lists = await Promise.all(kinds.map(([, kind]) => cluster.list(kind)));
    return routedNames(claim.hosts).flatMap((name) =>
        kinds.flatMap(([kind], index) => {
            const others = (lists[index] ?? []).filter(
                (one) => before === undefined || one.metadata?.namespace !== before.namespace,
            );
            const holder = others.find((one) => answersTo(one, name));
            const by = holder === undefined ? "" : `the ${kind} ${placeOf(holder)}`;
            return holder === undefined ? [] : [taken("host", `is "${name}"`, by, "another, or remove that")];
        }),
    );
}

/** Whether a route of any of the kinds above names the host. Traefik's rules are texts with names in quotes. */
function answersTo(route: AnyObject, name: string): boolean {
    const spec = route.spec ?? {};
    if (Array.isArray(spec.hostnames)) return spec.hostnames.includes(name);
    if (Array.isArray(spec.rules)) return (spec.rules as { host?: string }[]).some((rule) => rule.host === name);
    const rules = (Array.isArray(spec.routes) ? spec.routes : []) as { match?: string }[];
    return rules.some((rule) => ["`", '"', "'"].some((quote) => rule.match?.includes(quote + name + quote)));
}

/** Kinds that the exposure is made of and the cluster does not serve, each with the remedy. */
async function missingKinds(cluster: Cluster, claim: Claim): Promise<string[]> {
    const { exposure, gateway } = claim;
    if (exposure === "passthrough") {
        if ((await cluster.list(traefik("ingressroutetcps"))) !== undefined) return [];
        return [missing(exposure, "Traefik's IngressRouteTCP", `${installTraefik}, ${orElse}`)];
    }
    if (exposure === "ingress") {
        if ((await cluster.list(traefik("serverstransports"))) !== undefined) return [];
        return [missing(exposure, "Traefik's ServersTransport", `${installTraefik}, ${orElse}`)];
    }
    if (exposure !== "gateway" || gateway === undefined) return [];
    if ((await cluster.list(gateways(gateway.version, "tlsroutes"))) === undefined) {
        const channel =
            "install the Gateway API's experimental channel (Traefik: providers.kubernetesGateway with experimentalChannel)";
        return [
            missing(
                exposure,
                `TLSRoute ${gateway.version}`,
                `${channel}, choose its registry.gateway.version, ${orElse}`,
            ),
        ];
    }
    return gatewayProblems(await cluster.read(gateways("v1", "gateways"), gateway.namespace, gateway.name), gateway);
}

const installTraefik =
    "install Traefik 3 with its CustomResourceDefinitions (Helm chart traefik-crds, and the provider kubernetesCRD)";
const orElse = "or choose the exposure nodePort, loadBalancer or clusterOnly";

function missing(exposure: Exposure, kind: string, remedy: string): string {
    return `registry.exposure: is "${exposure}"; the cluster does not know ${kind}: ${remedy}`;
}

function gatewayProblems(found: AnyObject | undefined, args: GatewayArgs): string[] {
    const place = `${args.namespace}/${args.name}`;
    if (found === undefined) return [`registry.gateway: is ${place}; there is no such Gateway`];
    const listeners = (found.spec?.listeners ?? []) as { name: string; protocol?: string; tls?: { mode?: string } }[];
    const chosen = listeners.filter((one) => args.sectionName === undefined || one.name === args.sectionName);
    if (chosen.some((one) => one.protocol === "TLS" && one.tls?.mode === "Passthrough")) return [];
    const names = listeners.map((one) =>
        `${one.name} (${one.protocol ?? ""} ${one.tls?.mode ?? ""})`.replace(" )", ")"),
    );
    const key = args.sectionName === undefined ? "registry.gateway" : "registry.gateway.sectionName";
    return [
        `${key}: is ${args.sectionName ?? place}; it has no listener with protocol TLS and mode Passthrough, only ${names.join(", ")}`,
    ];
}

function taken(key: string, value: string, holder: string, remedy: string): string {
    return `registry.${key}: ${value}, which is taken by ${holder}; choose ${remedy}`;
}

const nameOf = (claim: Claim): string => `${claim.namespace}/${claim.objectName}`;
const placeOf = (one: AnyObject): string => `${one.metadata?.namespace ?? ""}/${one.metadata?.name ?? ""}`;
const hostsOf = (one: AnyObject): string[] => (one.metadata?.annotations?.[hostsAnnotation] ?? "").split(",");
const addressesOf = (one: AnyObject): string[] =>
    [one.spec?.clusterIP, ...((one.spec?.clusterIPs as string[] | undefined) ?? [])] as string[];
const nodePortsOf = (one: AnyObject): number[] => {
    const ports = ((one.spec?.ports ?? []) as { nodePort?: number }[]).map((port) => port.nodePort);
    return [...ports, one.spec?.healthCheckNodePort].filter((port) => typeof port === "number");
};
