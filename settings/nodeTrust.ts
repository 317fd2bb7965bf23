import { runtimes } from "../components/nodeTrust/runtimes.ts";
import { checkBundle } from "./certificates/check.ts";
import type { PlainSettings } from "./schema.ts";

/** Mistakes of the nodes' trust that the schema cannot tell: what certificates say, and what runtimes can. */
export function checkNodeTrust({ nodeTrust }: PlainSettings, now: Date): string[] {
    if (nodeTrust === undefined) return [];
    const bundles = nodeTrust.mirrors.flatMap(({ bundle }, index) =>
        bundle === undefined ? [] : checkBundle(`nodeTrust.mirrors.${index.toString()}.bundle`, bundle, now),
    );
    const unable = nodeTrust.pools.filter(({ runtime }) => runtime !== "auto" && !runtimes[runtime].hostsToml);
    const asked = (["mirrors", "insecureRegistries"] as const).filter((key) => nodeTrust[key].length > 0);
    return [
        ...bundles,
        ...asked.flatMap((key) =>
            unable.map(
                ({ name, runtime }) =>
                    `nodeTrust.${key}: the pool ${name} has ${runtime}, which takes them from its own configuration alone: ` +
                    "leave them out, and set it there",
            ),
        ),
    ];
}
