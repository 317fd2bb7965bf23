import { runtimes } from "../components/nodeTrust/runtimes.ts";
import { checkBundle } from "./certificates/check.ts";
import type { PlainSettings } from "./schema.ts";

/** Mistakes of the nodes' trust that the schema cannot tell: what certificates say, and what runtimes can. */
export function checkNodeTrust({ nodeTrust, harbor }: PlainSettings, now: Date): string[] {
    const roots = harbor?.caBundle === undefined ? [] : checkBundle("harbor.caBundle", harbor.caBundle, now);
    if (nodeTrust === undefined) return roots;
    const bundles = nodeTrust.mirrors.flatMap(({ bundle }, index) =>
        bundle === undefined ? [] : checkBundle(`nodeTrust.mirrors.${index.toString()}.bundle`, bundle, now),
    );
    const asked = (["mirrors", "insecureRegistries"] as const).filter((key) => nodeTrust[key].length > 0);
    return [
        ...roots,
        ...bundles,
        ...asked.flatMap((key) =>
            unableToReadFiles(nodeTrust).map(
                ({ name, runtime }) =>
                    `nodeTrust.${key}: the pool ${name} has ${runtime}, which takes them from its own configuration alone: ` +
                    "leave them out, and set it there",
            ),
        ),
    ];
}

/** The pools whose runtime reads no hosts.toml, and so no mirrors, logins and insecure registries from files. */
export function unableToReadFiles({ pools }: NonNullable<PlainSettings["nodeTrust"]>) {
    return pools.filter(({ runtime }) => runtime !== "auto" && !runtimes[runtime].hostsToml);
}
