import { loops } from "./topologyLoops.ts";

/** A site of a topology. */
export interface TopologySite {
    /** Name, by which flows speak of it. It names an endpoint of the others. */
    readonly name: string;
    /** `harbor`, or another kind of registry that Harbor copies from and to: such a one runs nothing itself. */
    readonly type: string;
    /** Where it is. Undefined where its stack tells. */
    readonly url?: string | undefined;
    /** Whether its stack tells where it is. */
    readonly stack?: string | undefined;
    readonly caBundle?: string | undefined;
    readonly insecure?: boolean | undefined;
    /** Who the others log in as. */
    readonly accessKey?: string | undefined;
}

/** What is copied between sites. Whatever else it has is the rule's. */
export interface TopologyFlow {
    /** Name, with which those of its rules begin. */
    readonly name: string;
    readonly from: string;
    readonly to: readonly string[];
    /** Who copies: `pull`, each of `to`; `push`, the one of `from`. */
    readonly by: "pull" | "push";
    readonly filters: readonly TopologyFilter[];
    readonly destinationNamespace: string;
    readonly trigger: string;
}

/** What a flow lets through, as in Harbor's rules. */
export interface TopologyFilter {
    readonly type: string;
    readonly value?: string | undefined;
}

/** Sites, and what goes from which to which. */
export interface Topology<Flow extends TopologyFlow = TopologyFlow> {
    readonly sites: readonly TopologySite[];
    readonly flows: readonly Flow[];
}

/** An endpoint as the settings have it. */
export type TopologyEndpoint = Omit<TopologySite, "stack"> & { readonly site?: string };

/** A rule as the settings have it. */
export type TopologyRule<Flow> = Omit<Flow, "from" | "to" | "by"> & {
    readonly name: string;
    readonly mode: "pull" | "push";
    readonly endpoint: string;
};

/** What one site's Harbor needs for its part in a topology. */
export interface SiteReplication<Flow> {
    readonly endpoints: TopologyEndpoint[];
    readonly rules: TopologyRule<Flow>[];
}

/** The endpoints and rules of the Harbor of `site`. Of a topology without mistakes. */
export function replicationOf<Flow extends TopologyFlow>(
    { sites, flows }: Topology<Flow>,
    site: string,
): SiteReplication<Flow> {
    const rules = flows.flatMap((flow) => {
        const { from, to, by, ...rest } = flow;
        const others = by === "pull" ? (to.includes(site) ? [from] : []) : from === site ? to : [];
        return others.map((other) => ({ ...rest, name: ruleName(flow, other), mode: by, endpoint: other }));
    });
    const asked = new Set(rules.map(({ endpoint }) => endpoint));
    const endpoints = sites
        .filter(({ name }) => asked.has(name))
        .map(({ stack, ...one }) => (stack === undefined ? one : { ...one, site: one.name }));
    return { endpoints, rules };
}

/** The rule's name says who is at the other end, so that one flow may have several. */
function ruleName({ name, by }: TopologyFlow, other: string): string {
    return `${name}-${by === "pull" ? "from" : "to"}-${other}`;
}

/** A mistake, and where it is. */
export interface TopologyMistake {
    readonly path: readonly (string | number)[];
    readonly message: string;
}

/** Everything that is wrong with a topology, and with `site` as a part of it. */
export function topologyMistakes(topology: Topology, site: string): TopologyMistake[] {
    const { sites, flows } = topology;
    const names = sites.map(({ name }) => name);
    const known = `sites are ${names.join(", ") || "none"}`;
    const found: TopologyMistake[] = [];
    const refuse = (path: readonly (string | number)[], message: string): void => {
        found.push({ path, message });
    };
    if (!names.includes(site)) refuse([], `has no site ${JSON.stringify(site)}; ${known}`);
    for (const [index, name] of names.entries())
        if (names.indexOf(name) < index) refuse(["sites", index, "name"], `${name} is there twice`);
    for (const [index, flow] of flows.entries()) {
        const path = ["flows", index];
        const ends: [(string | number)[], string][] = [
            [[...path, "from"], flow.from],
            ...flow.to.map((one, at): [(string | number)[], string] => [[...path, "to", at], one]),
        ];
        for (const [where, one] of ends) if (!names.includes(one)) refuse(where, `is ${JSON.stringify(one)}; ${known}`);
        for (const [at, one] of flow.to.entries()) {
            if (one === flow.from) refuse([...path, "to", at], `${one} would copy from itself`);
            if (flow.to.indexOf(one) < at) refuse([...path, "to", at], `${one} is there twice`);
        }
        for (const one of flow.by === "pull" ? flow.to : [flow.from]) {
            const type = sites.find(({ name }) => name === one)?.type ?? "harbor";
            if (type !== "harbor")
                refuse(
                    [...path, "by"],
                    `${one} is of the type ${type} and copies nothing itself: let the other end do it`,
                );
        }
    }
    return [...found, ...sameNames(flows), ...loops(flows)];
}

/** Rules of one Harbor with one name. */
function sameNames(flows: readonly TopologyFlow[]): TopologyMistake[] {
    const taken = new Map<string, number>();
    const found: TopologyMistake[] = [];
    for (const [index, flow] of flows.entries()) {
        const pairs =
            flow.by === "pull"
                ? flow.to.map((runner) => [runner, ruleName(flow, flow.from)])
                : flow.to.map((other) => [flow.from, ruleName(flow, other)]);
        for (const [runner = "", rule = ""] of new Set(pairs)) {
            const key = `${runner} ${rule}`;
            const other = taken.get(key);
            if (other === undefined) taken.set(key, index);
            else if (other !== index)
                found.push({
                    path: ["flows", index, "name"],
                    message: `${runner} would have two rules called ${rule}: flow ${other.toString()} has this name too`,
                });
        }
    }
    return found;
}
