import type { TopologyFlow, TopologyMistake } from "./topology.ts";

/** One way that images take: a flow to one of its ends. */
interface Way {
    readonly flow: TopologyFlow;
    readonly index: number;
    readonly to: string;
}

/**
 * Rounds that an image would make by itself: every way of it runs without a person, and lets through what the way before it brings.
 * What a way lets through is judged by what its patterns begin with, before the first wildcard. So a round that is told to be one
 * may be none, and is then mended by a narrower filter; one that is not told is none.
 */
export function loops(flows: readonly TopologyFlow[]): TopologyMistake[] {
    const ways = flows.flatMap((flow, index) =>
        flow.trigger === "manual" ? [] : flow.to.map((to): Way => ({ flow, index, to })),
    );
    const next = new Map(
        ways.map((way) => [way, ways.filter(({ flow }) => flow.from === way.to && meets(brought(way.flow), flow))]),
    );
    const told = new Set<string>();
    return ways.flatMap((way): TopologyMistake[] => {
        const round = roundFrom(way, next);
        const key = round
            ?.map(({ index, to }) => `${index.toString()} ${to}`)
            .sort()
            .join();
        if (round === undefined || key === undefined || told.has(key)) return [];
        told.add(key);
        const path = [way.flow.from, ...round.map(({ to, flow }) => `${to} (${flow.name})`)].join(" -> ");
        return [
            {
                path: ["flows", way.index, "filters"],
                message: `images would go round by themselves: ${path}; give one of these flows a filter by name that leaves out what the one before it brings, or the trigger manual`,
            },
        ];
    });
}

/** The shortest way round that ends where `way` begins. */
function roundFrom(way: Way, next: ReadonlyMap<Way, readonly Way[]>): Way[] | undefined {
    const seen = new Set<Way>();
    let reached: Way[][] = [[way]];
    while (reached.length > 0) {
        const further: Way[][] = [];
        for (const path of reached) {
            for (const one of next.get(path.at(-1) ?? way) ?? []) {
                if (one === way) return path;
                if (seen.has(one)) continue;
                seen.add(one);
                further.push([...path, one]);
            }
        }
        reached = further;
    }
    return undefined;
}

/** What the names of images begin with at the end of a flow. */
function brought(flow: TopologyFlow): string[] {
    return flow.destinationNamespace === "" ? beginnings(flow) : [`${flow.destinationNamespace}/`];
}

function meets(names: readonly string[], flow: TopologyFlow): boolean {
    const wanted = beginnings(flow);
    return names.some((name) => wanted.some((one) => name.startsWith(one) || one.startsWith(name)));
}

/** What the names that a flow lets through begin with. */
function beginnings({ filters }: TopologyFlow): string[] {
    const patterns = filters.filter(({ type }) => type === "name").map(({ value = "" }) => value);
    // All filters must fit, so one of them is enough to leave an image out; the narrowest says most.
    const all = patterns.map((pattern) => spread(pattern).map((one) => one.split(/[*?[{\\]/)[0] ?? ""));
    const shortest = (texts: string[]): number => Math.min(...texts.map(({ length }) => length));
    return [...all].sort((a, b) => shortest(b) - shortest(a))[0] ?? [""];
}

/** `{one,other}/x` as its alternatives; braces within braces stay as they are. */
function spread(pattern: string): string[] {
    const found = /^([^{\\[]*)\{([^{}\\]*)\}(.*)$/.exec(pattern);
    if (found === null) return [pattern];
    const [, before = "", choices = "", after = ""] = found;
    return choices.split(",").flatMap((choice) => spread(`${before}${choice}${after}`));
}
