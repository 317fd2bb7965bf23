import type { Properties } from "../properties.ts";
import type { ClusterNode } from "./nodes.ts";
import type { DaemonSet } from "./daemonSets.ts";

/** What is known of one node. */
export interface Receipt {
    readonly node: string;
    /** Name of its pool. */
    readonly pool: string;
    /** Container runtime and version as the kubelet tells them: `containerd://1.7.24`. */
    readonly runtime: string;
    /** Whether its kubelet says that it is well. */
    readonly ready: boolean;
    /** What the node says of itself, else `waiting`. */
    readonly status: string;
    /** Whether it is as it shall be. */
    readonly done: boolean;
    /** Why it is not as it shall be. */
    readonly cause?: string;
    /** Bundle that it has. */
    readonly bundle?: string;
    /** Paths on the node that hold what was written. */
    readonly paths?: readonly string[];
    /** What works and might not always. */
    readonly warnings?: readonly string[];
    /** The pod that speaks for the node. */
    readonly pod?: string;
}

/** What a look at a node's pods yields; the rest of its receipt is known from the node. */
export type Found = Omit<Receipt, "node" | "pool" | "runtime" | "ready">;

/** A receipt of a node in a pool. */
export function receiptOf({ name: node, runtime, ready }: ClusterNode, { pool }: DaemonSet, found: Found): Receipt {
    return { node, pool, runtime, ready, ...found };
}

/** Receipts as a resource's state keeps them: no field of an object is undefined there. */
export function asProperties(receipts: readonly Receipt[]): Properties[] {
    return receipts.map(({ node, pool, runtime, ready, done, status, bundle, paths, warnings, cause }) => ({
        node,
        pool,
        runtime,
        status: !ready && !done ? "notReady" : status,
        bundle: bundle ?? "",
        paths: paths ?? [],
        warnings: warnings ?? [],
        cause: cause ?? "",
    }));
}

/** At most ten of these, and how many more there are. */
export function shortened(lines: readonly string[], most = 10): string[] {
    const more = lines.length - most;
    return more > 0 ? [...lines.slice(0, most), `and ${more.toString()} more`] : [...lines];
}
