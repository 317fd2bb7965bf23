import type { ApiKind, Cluster } from "./cluster.ts";
import { namespaceTaken } from "./conflicts.ts";
import { ingressDomain } from "./okd.ts";

/** What a stack is about to take for a Quay. */
export interface QuayClaim {
    namespace: string;
    createNamespace: boolean;
    host?: string | undefined;
    /** Whether it has a certificate of its own. */
    ownCertificate: boolean;
    /** Whether the operator shall make an object claim. */
    objectClaim: boolean;
    operator?: { package: string; source: string; sourceNamespace: string; channel: string } | undefined;
}

const kind = (group: string, plural: string, version = "v1"): ApiKind => ({ group, version, plural });
const olm = "operators.coreos.com";

/** What stands against it, one line for each thing, by key. Empty: nothing does. `before` is undefined when the stack is new. */
export async function quayConflicts(cluster: Cluster, claim: QuayClaim, before: unknown): Promise<string[]> {
    const problems: string[] = [];
    const routes = await cluster.list(kind("route.openshift.io", "routes"));
    if (routes === undefined) return ["quay: this cluster does not know route.openshift.io: it is no OKD"];
    const { host, operator, namespace } = claim;
    if (claim.createNamespace && before === undefined)
        problems.push(...(await namespaceTaken(cluster, "quay.namespace", namespace)));
    const domain = await ingressDomain(cluster);
    if (host !== undefined && !claim.ownCertificate && domain !== undefined) {
        const below = host.endsWith(`.${domain}`) && !host.slice(0, -domain.length - 1).includes(".");
        if (!below)
            problems.push(
                `quay.host: is ${host}, which the router's certificate for *.${domain} does not name: set quay.tls to own, or choose a host below ${domain}`,
            );
    }
    const holder = routes.find((one) => one.spec?.host === host && one.metadata?.namespace !== namespace);
    if (host !== undefined && holder !== undefined)
        problems.push(
            `quay.host: is ${host}, which the route ${holder.metadata?.namespace ?? ""}/${holder.metadata?.name ?? ""} has; choose another`,
        );
    if (
        claim.objectClaim &&
        (await cluster.list(kind("objectbucket.io", "objectbucketclaims", "v1alpha1"))) === undefined
    )
        problems.push(
            "quay.storage.kind: is objectClaim, and the cluster does not know objectbucket.io: install NooBaa or ODF, or set it to s3",
        );
    if (operator === undefined) {
        if ((await cluster.list(kind("quay.redhat.com", "quayregistries"))) === undefined)
            problems.push("quay.operator: is missing, and the cluster does not know quay.redhat.com: give it");
        return problems;
    }
    if ((await cluster.list(kind(olm, "subscriptions", "v1alpha1"))) === undefined)
        return [...problems, `quay.operator: the cluster does not know ${olm}: it has no OLM`];
    problems.push(...(await packageProblems(cluster, operator)));
    if (before !== undefined) return problems;
    const groups = (await cluster.list(kind(olm, "operatorgroups"))) ?? [];
    const other = groups.find(({ metadata }) => metadata?.namespace === namespace);
    if (other !== undefined)
        problems.push(
            `quay.namespace: is ${namespace}, which has the OperatorGroup ${other.metadata?.name ?? ""} already; OLM allows one: choose another namespace`,
        );
    return problems;
}

async function packageProblems(
    cluster: Cluster,
    wanted: { package: string; source: string; sourceNamespace: string; channel: string },
): Promise<string[]> {
    const all = await cluster.list(kind("packages.operators.coreos.com", "packagemanifests"));
    // Without that API nobody can tell; OLM itself says it later.
    if (all === undefined) return [];
    const named = all.filter(({ metadata }) => metadata?.name === wanted.package);
    const found = named.find(({ status }) => status?.catalogSource === wanted.source);
    if (found === undefined)
        return [
            `quay.operator.package: is ${wanted.package}, which the catalogue ${wanted.sourceNamespace}/${wanted.source} does not have; on OKD it is project-quay of community-operators`,
        ];
    const { channels = [] } = (found.status ?? {}) as { channels?: { name: string }[] };
    if (channels.some(({ name }) => name === wanted.channel)) return [];
    return [
        `quay.operator.channel: is ${wanted.channel}; the package has ${channels.map(({ name }) => name).join(", ")}`,
    ];
}
