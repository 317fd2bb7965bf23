import { z } from "zod";

import { directoryPattern, runtimeNames } from "../../components/nodeTrust/pools.ts";
import { label, once } from "./common.ts";
import { labelMap } from "./workload.ts";

/** An absolute path on a node. */
export const directory = () =>
    z.string().regex(directoryPattern, "allowed is one absolute path without ':' and without '..'");

/** One kind of node. */
const pool = z.strictObject({
    name: z
        .string()
        .regex(label, "allowed are 1 to 63 lower-case letters, digits and '-'")
        .describe("Name of the pool, unique. It ends the name of its DaemonSet, but for the pool `default`."),
    selector: labelMap()
        .default({})
        .describe(
            "Labels: every Linux node that carries all of them belongs to the pool. Without any, every one does.",
        ),
    runtime: z
        .enum([...runtimeNames, "auto"])
        .default("containerd")
        .describe(
            "What pulls images there. `auto` writes nothing: the run looks at the nodes and stops with the pools to write here.",
        ),
    registryDirectory: directory()
        .optional()
        .describe(
            "Directory on these nodes that the runtime reads. Without it, the one that is usual for the runtime.",
        ),
});

/** The kinds of nodes that a cluster has. */
export const pools = z
    .array(pool)
    .min(1)
    .refine((all) => once[0](all.map(({ name }) => name)), "allowed is each name once")
    .default([{ name: "default", selector: {}, runtime: "containerd" }])
    .describe(
        "Kinds of nodes, one DaemonSet each. No node may belong to two. Without any, every Linux node has containerd.",
    );
