import { runtimes, type Runtime } from "./runtimes.ts";

/** What a pool may say of its runtime: one of those that are known, or that somebody shall look. */
export type PoolRuntime = Runtime | "auto";

/** Nodes of one kind, as settings name them. */
export interface Pool {
    /** Unique in its trust. The pool `default` has the names that trusts without pools had. */
    name: string;
    /** Labels that a node must carry, all of them. Empty: every Linux node. */
    selector: Readonly<Record<string, string>>;
    /** What pulls images on these nodes. */
    runtime: PoolRuntime;
    /** Directory on the node that the runtime reads. Undefined: the usual one. */
    registryDirectory?: string | undefined;
}

/** A pool whose nodes can be written to. */
export interface KnownPool extends Pool {
    /** What pulls images on its nodes. */
    runtime: Runtime;
    /** Directory that the runtime reads. */
    registryDirectory: string;
}

/** The runtimes that settings may name. */
export const runtimeNames = Object.keys(runtimes) as [Runtime, ...Runtime[]];

/** The directory that a pool's runtime reads. `containerd` is what containerd reads where the pool says nothing. */
export function poolDirectory({ runtime, registryDirectory }: Pool, containerd: string): string | undefined {
    if (registryDirectory !== undefined || runtime === "auto") return registryDirectory;
    return runtime === "containerd" ? containerd : runtimes[runtime].registryDirectory;
}

/** One absolute path: a colon would make it two for containerd. */
export const directoryPattern = /^\/(?!(.*\/)?\.\.(\/|$))[^:]+$/;

/** What is wrong with a directory for a runtime, or undefined. What is no directory at all is for others to say. */
export function directoryProblem(runtime: PoolRuntime, directory: string | undefined): string | undefined {
    if (runtime === "auto" || directory === undefined || !directoryPattern.test(directory)) return undefined;
    const { directories } = runtimes[runtime];
    if (directories.some((one) => directory === one || directory.startsWith(`${one}/`))) return undefined;
    return `${runtime} reads no such directory; allowed are ${directories.join(", ")} and what is below`;
}

/** The pools that are known, each with its directory. Those with `auto` are left out: nothing is made for them. */
export function knownPools(pools: readonly Pool[], containerd: string): KnownPool[] {
    return pools.flatMap((pool) => {
        const registryDirectory = poolDirectory(pool, containerd);
        if (pool.runtime === "auto" || registryDirectory === undefined) return [];
        return [{ ...pool, runtime: pool.runtime, registryDirectory }];
    });
}
