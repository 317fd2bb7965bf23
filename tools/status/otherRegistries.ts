import { nameOf, stackOutputs, textOf, type StateResource } from "./deployed.ts";
import type { Box, Mark } from "./picture.ts";
import type { SiteStatus } from "./siteStatus.ts";

/** The registries of a site that the stack does not run in its cluster itself. */
export function otherRegistries(state: unknown, resources: readonly StateResource[], { at }: SiteStatus): Box[] {
    return [...okd(state, resources, at), ...quay(resources), ...onMachines(state)];
}

/** Machines that will be nodes, as of the last update: what they trust, and whether they have reached the registry. */
export function futureNodes(state: unknown): Box[] {
    const { hostNodes = [], hostNodesReach } = stackOutputs(state);
    const reach = (hostNodesReach ?? {}) as Record<string, unknown>;
    return (hostNodes as { host: string; status?: string }[]).map(({ host, status = "" }) => {
        const reached = textOf(reach[host]) ?? "unknown";
        const well = reached === "reached" && status !== "failed";
        return {
            title: `Future node ${host}`,
            lines: [`trust ${status || "-"}`, reached === "reached" ? "has reached the registry" : `reach ${reached}`],
            mark: status === "failed" ? "FAILED" : well ? "OK" : "WAITING",
        };
    });
}

/** Public hosts of these registries. */
export function otherHosts(state: unknown): string[] {
    const { quayHost } = stackOutputs(state);
    return [textOf(quayHost), ...machineRegistries(state).map(({ host }) => host)].filter((host) => host !== undefined);
}

function okd(state: unknown, resources: readonly StateResource[], at: string): Box[] {
    const status = resources.find(({ type }) => type === "siteregistry:index:OkdRegistryStatus");
    if (status === undefined) return [];
    const { internalHost, builderTokenExpiry } = stackOutputs(state);
    const hosts = Object.keys(status.outputs?.hosts ?? {}).length;
    const ends = Object.values((builderTokenExpiry ?? {}) as Record<string, string>).sort();
    const [first] = ends;
    const ended = ends.some((end) => Date.parse(end) <= Date.parse(at));
    const inside = textOf(internalHost);
    return [
        {
            title: "OKD registry",
            lines: [
                ...(inside === undefined ? [] : [`inside ${inside}`]),
                `routes: ${hosts.toString()}`,
                ...counted(resources, "OkdImageStream", "image streams"),
                ...(first === undefined ? [] : [`tokens until ${first.slice(0, 10)}`]),
            ],
            mark: ended ? "FAILED" : "OK",
        },
    ];
}

function quay(resources: readonly StateResource[]): Box[] {
    return resources
        .filter(({ type }) => type === "siteregistry:index:QuayReadiness")
        .map((one) => {
            const { host, version } = one.outputs ?? {};
            const lines = [textOf(host) ?? nameOf(one), `version ${textOf(version) ?? "-"}`];
            const content = [
                ...counted(resources, "QuayOrganization", "organisations"),
                ...counted(resources, "QuayRobot", "robots"),
            ];
            return { title: "Quay", lines: [...lines, ...content], mark: "OK" };
        });
}

const marks: Readonly<Record<string, Mark>> = { running: "OK", stopped: "WAITING" };

function onMachines(state: unknown): Box[] {
    return machineRegistries(state).map(({ machine, host, state: found }) => ({
        title: `Registry on ${machine}`,
        lines: [host, found],
        mark: marks[found] ?? "FAILED",
    }));
}

function machineRegistries(state: unknown): { machine: string; host: string; state: string }[] {
    const { hostRegistries } = stackOutputs(state);
    return Array.isArray(hostRegistries) ? (hostRegistries as { machine: string; host: string; state: string }[]) : [];
}

function counted(resources: readonly StateResource[], kind: string, what: string): string[] {
    const count = resources.filter(({ type }) => type === `siteregistry:index:${kind}`).length;
    return count === 0 ? [] : [`${what}: ${count.toString()}`];
}
