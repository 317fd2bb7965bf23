import { z } from "zod";

import { image, label, objectName, once, subdomain } from "./common.ts";
import { labelMap } from "./workload.ts";

/** A list of namespaces' names, each of them once. */
const namespaceNames = () => z.array(z.string().regex(label, "allowed is the name of a namespace")).refine(...once);

/** The credential that pods pull with. */
export const pullSecret = z
    .strictObject({
        name: objectName("Name of the Secret that pods name under `imagePullSecrets`.", "image-registry-pull"),
        user: z
            .string()
            .optional()
            .describe(
                "User whose oldest credential it carries. Without it, the first of `users` with the role `pull`, or the first of all.",
            ),
        namespaces: namespaceNames().default([]).describe("Existing namespaces that get the Secret."),
        namespaceSelector: labelMap()
            .refine(
                (labels) => Object.keys(labels).length > 0,
                "name at least one label; `everywhere: true` is how to mean all namespaces",
            )
            .optional()
            .describe(
                "Labels: every namespace that carries all of them gets the Secret. They are looked up at each preview and `up`; when that fails, or finds none where there were some, the run stops.",
            ),
        allowNoMatch: z
            .boolean()
            .default(false)
            .describe(
                "Whether it is right that no namespace carries the labels any more: then the Secrets are taken back.",
            ),
        everywhere: z
            .boolean()
            .default(false)
            .describe(
                "Whether every namespace gets the Secret, one that is made later within a second: a small copier runs in the registry's namespace.",
            ),
        excludeNamespaces: namespaceNames()
            .default(["kube-system", "kube-public", "kube-node-lease"])
            .describe("Namespaces that `namespaceSelector` and `everywhere` leave out."),
        serviceAccounts: z
            .array(z.string().regex(subdomain, "allowed is the name of a ServiceAccount, such as default"))
            .refine(...once)
            .default([])
            .describe(
                "ServiceAccounts of those namespaces that get the Secret into their `imagePullSecrets`, such as `default`: then pods need not name it.",
            ),
        copier: z
            .strictObject({
                image: image("Image of the copier. It must have Node 24.", "docker.io/library/node:24.21.0-slim"),
            })
            .prefault({})
            .describe("What `everywhere` runs."),
    })
    .superRefine((value, context) => {
        const refuse = (path: string, message: string): void => {
            context.addIssue({ code: "custom", path: [path], message });
        };
        const looksUp = value.everywhere || value.namespaceSelector !== undefined;
        if (value.everywhere && value.namespaceSelector !== undefined) {
            refuse("namespaceSelector", "`everywhere` covers those namespaces too: leave one of the two out");
        }
        if (value.allowNoMatch && value.namespaceSelector === undefined) {
            refuse("allowNoMatch", "it says something of `namespaceSelector`, which is not there");
        }
        const both = value.namespaces.filter((name) => value.excludeNamespaces.includes(name));
        if (looksUp && both.length > 0) {
            refuse(
                "excludeNamespaces",
                `${both.join(", ")}: named in \`namespaces\` too; leave it out of one of the two`,
            );
        }
    });
