import { z } from "zod";

import { objectName, once, subdomain } from "./common.ts";
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
        nodes: z
            .array(z.string().regex(subdomain, "allowed is the name of a node"))
            .min(1)
            .refine(...once)
            .optional()
            .describe("Names of the nodes. Without it, `selector` chooses them."),
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
    .superRefine(({ nodes, selector }, context) => {
        if (nodes === undefined || selector === undefined) return;
        context.addIssue({
            code: "custom",
            path: ["selector"],
            message: "`nodes` names them already: leave one of the two out",
        });
    })
    .optional()
    .describe("Images that come to nodes over the Kubernetes API, before there is a registry to pull them from.");
