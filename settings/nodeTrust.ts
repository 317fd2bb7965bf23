import { runtimes, type Runtime } from "../components/nodeTrust/runtimes.ts";
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
                ({ who, runtime }) =>
                    `nodeTrust.${key}: ${who} has ${runtime}, which takes them from its own configuration alone: ` +
                    "leave them out, and set it there",
            ),
        ),
    ];
}

/** Who has a runtime that reads no hosts.toml, and so takes no mirrors, logins and insecure registries from files. */
interface Unable {
    /** In words: `the pool edge`, `the machine build1 (nodeTrust.hosts.0)`. */
    who: string;
    runtime: Runtime;
}

/** The pools and the machines over SSH that are unable to. */
export function unableToReadFiles({ pools, hosts }: NonNullable<PlainSettings["nodeTrust"]>): Unable[] {
    const all = [
        ...pools.map(({ name, runtime }) => ({ who: `the pool ${name}`, runtime })),
        ...hosts.map(({ name, runtime }, index) => ({
            who: `the machine ${name} (nodeTrust.hosts.${index.toString()})`,
            runtime,
        })),
    ];
    return all.flatMap(({ who, runtime }) =>
        runtime === "auto" || runtimes[runtime].hostsToml ? [] : [{ who, runtime }],
    );
}
