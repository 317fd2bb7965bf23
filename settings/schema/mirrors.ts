import { z } from "zod";

import { hostProblem } from "../../components/registry/hosts.ts";

const host = () =>
    z.string().superRefine((value, context) => {
        const problem = hostProblem(value);
        if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
    });

/** A registry in whose place nodes ask another. */
const mirror = z
    .strictObject({
        upstream: host().describe("Host as image references name it, such as `docker.io`."),
        url: z
            .string()
            .regex(/^https:\/\/[^/?#@\s"\\]+$/, "allowed is https://host, with a port or without")
            .optional()
            .describe("The registry that nodes ask instead. Without it, this site's."),
        bundle: z.string().optional().describe("Roots to believe at `url`, PEM. Not secret."),
        site: z.string().optional().describe("Name of one of `sites`, in the place of `url` and `bundle`."),
        path: z
            .string()
            .regex(/^[a-z0-9]+([._-][a-z0-9]+)*(\/[a-z0-9]+([._-][a-z0-9]+)*)*$/, "allowed is the name of a repository")
            .optional()
            .describe("Repository there below which the upstream's images are, such as `mirror/docker.io`."),
        fallback: z
            .boolean()
            .default(true)
            .describe("Whether nodes ask the upstream itself where the mirror has not got the image."),
    })
    .superRefine(({ url, bundle, site }, context) => {
        if (site !== undefined && (url !== undefined || bundle !== undefined)) {
            context.addIssue({ code: "custom", path: ["site"], message: "it has both: leave `url` and `bundle` out" });
            return;
        }
        if ((url === undefined) === (bundle === undefined)) return;
        const [key, other] = url === undefined ? ["bundle", "url"] : ["url", "bundle"];
        context.addIssue({ code: "custom", path: [key], message: `it goes with \`${other}\`: give both or none` });
    });

/** Upstreams that have a mirror. */
export const mirrors = z
    .array(mirror)
    .refine((all) => new Set(all.map(({ upstream }) => upstream)).size === all.length, "allowed is each upstream once")
    .default([])
    .describe("Upstreams whose images nodes pull from here.");

/** Registries whose certificate nobody checks. */
export const insecureRegistries = z
    .array(host())
    .refine((all) => new Set(all).size === all.length, "allowed is each entry once")
    .default([])
    .describe(
        "Last resort: hosts of other registries whose certificate nodes do not check, and which may speak plain HTTP. Whoever is on the way can give them any image. Every run warns of them.",
    );

/** Names that nodes get into `/etc/hosts`. */
export const hostsEntries = z
    .array(
        z.strictObject({
            host: z
                .string()
                .regex(
                    /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
                    "allowed is a DNS name, without a port",
                )
                .describe("Name, without a port."),
            address: z
                .union([z.ipv4(), z.ipv6()])
                .optional()
                .describe("Address it stands for. Without it, the address of the registry's Service."),
        }),
    )
    .refine((all) => new Set(all.map(({ host: name }) => name)).size === all.length, "allowed is each host once")
    .default([])
    .describe("Lines for `/etc/hosts` of the nodes, for nodes without DNS. Only then is that file mounted.");
