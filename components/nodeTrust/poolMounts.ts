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
    type: "DirectoryOrCreate" | "File";
    readOnly: boolean;
}

/**
 * No more of the node than the runtime of the pool needs. `hosts`: whether `/etc/hosts` is written. `link`: whether a link may
 * have to be made beside the runtime's configuration.
 */
export function poolMounts(
    { runtime, registryDirectory }: KnownPool,
    { hosts, link }: { hosts: boolean; link: boolean },
): PoolMount[] {
    const { reads } = runtimes[runtime];
    const directory = (volume: string, path: string, readOnly: boolean): PoolMount => ({
        ...{ volume, path, type: "DirectoryOrCreate", readOnly },
    });
    return [
        directory("registries", registryDirectory, false),
        directory("state", "/var/lib/siteregistry", false),
        ...reads.map((path, index) => directory(`reads-${index.toString()}`, path, !link)),
        ...(hosts ? [{ volume: "hosts", path: "/etc/hosts", type: "File" as const, readOnly: false }] : []),
    ];
}
