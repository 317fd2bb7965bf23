import { z } from "zod";

import { objectName, once, subdomain } from "./common.ts";
import type { TrustedHost } from "./trustedHosts.ts";
import { labelMap } from "./workload.ts";

/** A reference with registry and repository; its details are the source's to know. */
const reference = z
    .string()
    .regex(/^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)+(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/, {
        error: "allowed is host/repository:tag, or @sha256:digest",
    });

/** The images that come to nodes before there is a registry to pull them from. */
export const firstImages = z
    .strictObject({
        through: z
            .enum(["api", "ssh"])
            .default("api")
            .describe(
                "`api`: over the Kubernetes API, to nodes of the cluster. `ssh`: to the machines in `nodeTrust.hosts`, which have containerd.",
            ),
        nodes: z
            .array(z.string().regex(subdomain, "allowed is the name of a node"))
            .min(1)
            .refine(...once)
            .optional()
            .describe(
                "Names of the nodes, or of the machines. Without it, `selector` chooses nodes, and all machines are meant.",
            ),
        selector: labelMap()
            .optional()
            .describe(
                "Labels: every Ready node of Linux that carries all of them. Without `nodes` and this, every one.",
            ),
        images: z
            .array(reference)
            .min(1)
            .refine(...once)
            .optional()
            .describe("Names of images that pods use. Without it, those of the pods that this stack makes."),
        importerImage: z
            .union([z.literal("auto"), reference])
            .default("auto")
            .describe("Image that importers are started from. `auto`: one that the node has, such as its pause image."),
        namespace: objectName(
            "Namespace for the importers, which are as good as root on their nodes. It is made, and deleted when they are done.",
            "first-images",
        ),
        socket: z
            .string()
            .regex(/^(auto|\/[^\s|]+)$/, "allowed is auto, or an absolute path")
            .default("auto")
            .describe("Path of containerd's socket on the nodes. `auto`: the usual one of containerd, k3s and RKE2."),
        timeoutSeconds: z
            .int()
            .min(30)
            .max(86_400)
            .default(900)
            .describe("How long an update tries to bring the images to all nodes, in seconds."),
    })
    .superRefine(({ nodes, selector, through }, context) => {
        if (through === "ssh" && selector !== undefined)
            context.addIssue({
                code: "custom",
                path: ["selector"],
                message: "machines have no labels: name them in `nodes`, or leave both out",
            });
        if (nodes === undefined || selector === undefined) return;
        context.addIssue({
            code: "custom",
            path: ["selector"],
            message: "`nodes` names them already: leave one of the two out",
        });
    })
    .optional()
    .describe("Images that come to nodes over the Kubernetes API, before there is a registry to pull them from.");

/** Runtimes into which `ctr` imports. */
const importing = ["containerd", "k3s", "rke2"];

/** What of it does not fit the machines that the site has: paths below the section, and what is wrong there. */
export function firstImagesMistakes(
    section: z.output<typeof firstImages>,
    hosts: readonly TrustedHost[],
): [string[], string][] {
    if (section?.through !== "ssh") return [];
    const { nodes } = section;
    if (hosts.length === 0)
        return [[["through"], "there is no machine: name some in nodeTrust.hosts, or set it to api"]];
    const mistakes: [string[], string][] = [];
    const known = hosts.map(({ name }) => name);
    nodes?.forEach((name, index) => {
        if (!known.includes(name))
            mistakes.push([["nodes", index.toString()], `nodeTrust.hosts has ${known.join(", ")}`]);
    });
    const meant = hosts.filter(({ name }) => nodes === undefined || nodes.includes(name));
    const others = meant.filter(({ runtime }) => !importing.includes(runtime));
    if (others.length > 0) {
        const names = others.map(({ name, runtime }) => `${name} (${runtime})`).join(", ");
        const remedy = "leave them out of `nodes`, and load an archive there by hand";
        mistakes.push([["nodes"], `${names}: only ${importing.join(", ")} take images so; ${remedy}`]);
    }
    return mistakes;
}
