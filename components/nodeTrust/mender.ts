import { mendScript } from "../systemStore/script.ts";
import { runtimes, type Runtime } from "./runtimes.ts";

/** What sets `config_path` for this runtime; undefined where nobody may: k3s and RKE2 write their configuration themselves. */
export function mendOf({
    runtime,
    registryDirectory,
}: {
    runtime: Runtime;
    registryDirectory: string;
}): string | undefined {
    const { configFile } = runtimes[runtime];
    if (runtime !== "containerd" || configFile === undefined) return undefined;
    return mendScript({ registryDirectory, configFile });
}

/** Namespace of what mends the nodes of a pool: its own, since who may edit ConfigMaps there is root on them. */
export function menderNamespace(namespace: string, pool: string): string {
    return pool === "default" ? `${namespace}-mend` : `${namespace}-mend-${pool}`;
}
