import type { Pool } from "../nodeTrust/pools.ts";
import type { Runtime } from "../nodeTrust/runtimes.ts";
import type { ApiKind, Cluster } from "./cluster.ts";
import { carries, clusterNode, isLinux, type ClusterNode } from "./nodes.ts";

/** What is asked of the nodes besides their runtime. */
export interface PoolWishes {
    /** Whether nodes shall log in by themselves, which not every version of a runtime can. */
    credentials: boolean;
    /** Whether nodes may have any runtime: a certificate store serves all of them. */
    anyRuntime: boolean;
}

const nodeKind: ApiKind = { group: "", version: "v1", plural: "nodes" };

/** The Linux nodes of the cluster, by name. Throws where the cluster does not answer. */
export async function linuxNodes(cluster: Cluster): Promise<ClusterNode[]> {
    const all = ((await cluster.list(nodeKind)) ?? []).map(clusterNode).filter(isLinux);
    return all.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What the nodes have against the pools, one line for each thing, by key. Empty: nothing. */
export function poolObjections(pools: readonly Pool[], nodes: readonly ClusterNode[], wishes: PoolWishes): string[] {
    const members = pools.map(({ selector }) => nodes.filter((node) => carries(node, selector)));
    return [
        ...pools.flatMap((pool, index) => objections(pool, index, members[index] ?? [], wishes)),
        ...doubles(pools, nodes),
    ];
}

/** Nodes that belong to no pool: right where a site wants it so, and easily forgotten. */
export function nodesLeftOut(pools: readonly Pool[], nodes: readonly ClusterNode[]): string[] {
    return nodes.filter((node) => !pools.some(({ selector }) => carries(node, selector))).map(({ name }) => name);
}

function objections(pool: Pool, index: number, nodes: readonly ClusterNode[], wishes: PoolWishes): string[] {
    const key = `nodeTrust.pools.${index.toString()}`;
    if (nodes.length === 0) {
        const shown = Object.entries(pool.selector).map(([label, value]) => `${label}=${value}`);
        const wanted = shown.length === 0 ? "is Linux" : `carries ${shown.join(" and ")}`;
        return [
            `${key}.selector: is ${JSON.stringify(pool.selector)}; no node ${wanted}: correct the labels, or leave the pool out`,
        ];
    }
    const openShift = nodes.filter((node) => node.openShift);
    if (openShift.length > 0) {
        const remedy =
            "put the roots into a ConfigMap in openshift-config and name it in the additionalTrustedCA of image.config.openshift.io/cluster";
        return [
            `${key}: ${listed(openShift)}: a node of OpenShift, whose own operator removes what others write there; ${remedy}`,
        ];
    }
    if (wishes.anyRuntime || pool.runtime === "auto") return [];
    const others = nodes.filter(({ runtime }) => runtime !== pool.runtime);
    const differing = byRuntime(others).map(([runtime, some]) => {
        const found = `${listed(some)} ${some.length === 1 ? "has" : "have"} ${some[0]?.version ?? ""}`;
        const remedy =
            runtime === undefined
                ? "leave them out by the selector"
                : `give them a pool of their own with runtime ${runtime}, or correct the runtime`;
        return `${key}.runtime: is "${pool.runtime}"; ${found}: ${remedy}`;
    });
    const old = nodes.filter(({ version }) => wishes.credentials && /^containerd:\/\/v?1\./.test(version));
    return [
        ...differing,
        ...(old.length === 0
            ? []
            : [
                  `nodeCredentials: ${listed(old)}: containerd 1 takes no credentials from files that are read at each pull, ` +
                      "only 2 and newer do: remove the key and use pull secrets",
              ]),
    ];
}

/** Nodes that two pools want: two agents would write there, each for another runtime. */
function doubles(pools: readonly Pool[], nodes: readonly ClusterNode[]): string[] {
    const pairs = new Map<string, { index: number; others: string; nodes: ClusterNode[] }>();
    for (const node of nodes) {
        const mine = pools.map((pool, index) => ({ pool, index })).filter(({ pool }) => carries(node, pool.selector));
        const last = mine.at(-1);
        if (mine.length < 2 || last === undefined) continue;
        const names = mine.map(({ pool }) => pool.name).join(" and ");
        const pair = pairs.get(names) ?? { index: last.index, others: names, nodes: [] };
        pair.nodes.push(node);
        pairs.set(names, pair);
    }
    return [...pairs.values()].map(
        ({ index, others, nodes: some }) =>
            `nodeTrust.pools.${index.toString()}.selector: is ${JSON.stringify(pools[index]?.selector)}; ` +
            `${listed(some)} ${some.length === 1 ? "belongs" : "belong"} to the pools ${others}: choose labels that tell them apart`,
    );
}

/** The pools to write for the nodes of those with `auto`, as YAML, and what nobody can write a pool for. */
export function detectedPools(pools: readonly Pool[], nodes: readonly ClusterNode[]): string {
    const known = pools.filter(({ runtime }) => runtime !== "auto").map(poolYaml);
    const found = pools
        .filter(({ runtime }) => runtime === "auto")
        .flatMap((pool) => {
            const mine = nodes.filter((node) => carries(node, pool.selector));
            const kinds = byRuntime(mine.filter((node) => !node.openShift));
            const refused = mine.filter((node) => node.openShift);
            return [
                ...kinds.map(([runtime, some]) => {
                    if (runtime === undefined)
                        return `# ${listed(some)}: ${some[0]?.version ?? ""} is not known here; leave them out`;
                    const several = kinds.length > 1;
                    const hint = several ? "  # choose labels that these nodes alone carry" : "";
                    const name = several ? `${pool.name}-${runtime}` : pool.name;
                    return `${poolYaml({ ...pool, name, runtime })}\n    # ${listed(some)}${hint}`;
                }),
                ...(refused.length === 0
                    ? []
                    : [
                          `# ${listed(refused)}: OpenShift; use additionalTrustedCA of image.config.openshift.io/cluster`,
                      ]),
            ];
        });
    return ["pools:", ...known, ...found].join("\n");
}

function poolYaml({ name, selector, runtime, registryDirectory }: Pool): string {
    const quoted = (text: string): string => JSON.stringify(text);
    const labels = Object.entries(selector).map(([key, value]) => `${quoted(key)}: ${quoted(value)}`);
    const lines = [`  - name: ${name}`, `    selector: ${labels.length === 0 ? "{}" : `{ ${labels.join(", ")} }`}`];
    const directory = registryDirectory === undefined ? [] : [`    registryDirectory: ${registryDirectory}`];
    return [...lines, `    runtime: ${runtime}`, ...directory].join("\n");
}

function byRuntime(nodes: readonly ClusterNode[]): [Runtime | undefined, ClusterNode[]][] {
    const kinds = new Map<Runtime | undefined, ClusterNode[]>();
    for (const node of nodes) kinds.set(node.runtime, [...(kinds.get(node.runtime) ?? []), node]);
    return [...kinds];
}

/** At most ten names: a cluster may have a thousand. */
function listed(nodes: readonly ClusterNode[]): string {
    const names = nodes.slice(0, 10).map(({ name }) => name);
    const more = nodes.length - names.length;
    return names.join(", ") + (more > 0 ? ` and ${more.toString()} more` : "");
}
