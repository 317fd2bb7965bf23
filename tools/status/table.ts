import type { Receipt } from "../../plugin/receipts/receipt.ts";

/** A receipt as people and scripts read it. */
export interface NodeStatus {
    readonly node: string;
    /** Whether its kubelet says that it is well. */
    readonly ready: boolean;
    readonly pool: string;
    /** Name of its container runtime, and the version: `containerd`, `1.7.24`. */
    readonly runtime: string;
    readonly version: string;
    /** Identity of its bundle; empty where it has none. */
    readonly bundle: string;
    /** Whether that is the bundle of the last `up`. */
    readonly current: boolean;
    /** `applied`, `failed`, `waiting`, `removed`. */
    readonly status: string;
    /** Why it is not as it shall be; empty where it is. */
    readonly cause: string;
    readonly paths: readonly string[];
    readonly warnings: readonly string[];
}

/** What the status says of a node. */
export function nodeStatus(receipt: Receipt): NodeStatus {
    const { node, ready, pool, bundle = "", done, status, cause = "", paths = [], warnings = [] } = receipt;
    const [runtime = "", version = ""] = receipt.runtime.split("://");
    return { node, ready, pool, runtime, version, bundle, current: done, status, cause, paths, warnings };
}

const heads = ["NODE", "READY", "POOL", "RUNTIME", "BUNDLE", "STATUS", "CAUSE"] as const;

/** What is known of a machine over SSH, as a line. */
export function machineLine({
    host,
    bundle,
    lacks,
}: {
    host: string;
    bundle: string;
    lacks: readonly number[];
}): string {
    const lag = lacks.length === 0 ? "" : `, and does not show the root of generation ${lacks.join(", ")}`;
    return `machine ${host}: had the bundle ${bundle || "-"} at the last pulumi up${lag}`;
}

/** The nodes as a table, a line each; warnings stand below. */
export function table(nodes: readonly NodeStatus[]): string {
    const rows = nodes.map((one) => [
        one.node,
        one.ready ? "yes" : "no",
        one.pool,
        [one.runtime, one.version].filter(Boolean).join(" "),
        one.bundle || "-",
        one.status,
        one.cause,
    ]);
    const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
    const line = (cells: readonly string[]): string =>
        cells
            .map((cell, column) => cell.padEnd(widths[column] ?? 0))
            .join("  ")
            .trimEnd();
    const warnings = nodes.flatMap(({ node, warnings: all }) => all.map((warning) => `warning: ${node}: ${warning}`));
    return [line(heads), ...rows.map(line), ...warnings].join("\n");
}
