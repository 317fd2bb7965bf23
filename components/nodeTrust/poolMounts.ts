import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { KnownPool } from "./pools.ts";
import { runtimes } from "./runtimes.ts";

/** Where the agent finds its bundle inside its container. */
export const bundlePath = "/bundle";
/** What comes before every path of the node inside the agent's container. */
export const hostPath = "/host";

/** A part of the node that the agent sees. */
export interface PoolMount {
    /** Name of the volume. */
    volume: string;
    /** Path on the node. */
    path: string;
    /** Kind of hostPath volume. */
    type: "DirectoryOrCreate" | "File" | "";
    readOnly: boolean;
}

/** No more of the node than the runtime of the pool needs. `hosts`: whether `/etc/hosts` is written. */
export function poolMounts({ runtime, registryDirectory }: KnownPool, hosts: boolean): PoolMount[] {
    const { reads } = runtimes[runtime];
    const written = (volume: string, path: string): PoolMount => ({
        volume,
        path,
        type: "DirectoryOrCreate",
        readOnly: false,
    });
    return [
        written("registries", registryDirectory),
        written("state", "/var/lib/siteregistry"),
        ...reads.map((path, index): PoolMount => ({
            volume: `reads-${index.toString()}`,
            path,
            type: "",
            readOnly: true,
        })),
        ...(hosts ? [{ volume: "hosts", path: "/etc/hosts", type: "File" as const, readOnly: false }] : []),
    ];
}

/** The agent's scripts by path in the bundle. */
export function agentScripts(): Record<string, string> {
    return { "agent.sh": readFileSync(join(import.meta.dirname, "agent.sh"), "utf8") };
}
