import { z } from "zod";

import { label, objectName, once } from "./common.ts";

/** The registries of another site that can be meant. */
export const siteParts = ["registry", "harbor", "quay"] as const;

/** Which registry of another site is meant. */
export type SitePart = (typeof siteParts)[number];

/** Name of a site. Objects are labelled with `site-` and this name, in the 63 characters of a label's value. */
export const siteName = z
    .string()
    .regex(label, "allowed are lower-case letters, digits and '-'")
    .max(58, "allowed are at most 58 characters");

const site = z.strictObject({
    name: siteName.describe("Name of the site, by which other settings speak of it."),
    stack: z
        .string()
        .regex(
            /^[^/\s]+\/[^/\s]+\/[^/\s]+$/,
            "allowed is organization/project/stack; in a backend of one's own the organization is called organization",
        )
        .describe("Its stack, as `organization/project/stack`. It is up before this one."),
    part: z
        .enum(siteParts)
        .default("registry")
        .describe(
            "Which of its registries is meant. `registry`: the one in its cluster, or of its OKD cluster. `harbor`: its Harbor. `quay`: its Quay.",
        ),
    trust: z
        .boolean()
        .default(false)
        .describe("Whether nodes and machines of `nodeTrust` believe it, by its own name."),
    pullSecret: z
        .strictObject({
            user: z.string().min(1).describe("Login there: a user, or a robot of its Harbor or Quay."),
            name: objectName("Name of the Secret.", "site-pull"),
            namespaces: z
                .array(z.string().regex(label, "allowed is the name of a namespace"))
                .min(1)
                .refine(...once)
                .describe("Existing namespaces that get it."),
        })
        .optional()
        .describe("A login of that site, for pods of this one."),
});

/** Other sites, by their stacks. */
export const sites = z
    .array(site)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "allowed is each name once")
    .default([])
    .describe("Other sites, whose stacks tell this one where their registries are, their roots and logins.");

interface Parts {
    readonly sites: readonly z.infer<typeof site>[];
    readonly nodeTrust?: { readonly mirrors: readonly { readonly site?: string | undefined }[] } | undefined;
    readonly harbor?: { readonly endpoints: readonly { readonly site?: string | undefined }[] } | undefined;
}

/** What the sections say of other sites and cannot be. */
export function sitesMistakes({ sites: all, nodeTrust, harbor }: Parts): [(string | number)[], string][] {
    const names = all.map(({ name }) => name);
    const known = `sites has ${names.join(", ") || "none"}`;
    const unknown = (path: string[], users: readonly { readonly site?: string | undefined }[]) =>
        users.flatMap(({ site: one }, index): [(string | number)[], string][] =>
            one === undefined || names.includes(one) ? [] : [[[...path, index, "site"], known]],
        );
    const secrets = all.flatMap(({ pullSecret }, index) =>
        (pullSecret?.namespaces ?? []).map((namespace) => ({ index, key: `${namespace}/${pullSecret?.name ?? ""}` })),
    );
    return [
        ...unknown(["nodeTrust", "mirrors"], nodeTrust?.mirrors ?? []),
        ...unknown(["harbor", "endpoints"], harbor?.endpoints ?? []),
        ...all.flatMap(({ trust }, index): [(string | number)[], string][] =>
            trust && nodeTrust === undefined
                ? [[["sites", index, "trust"], "there is no `nodeTrust` section: add it, or leave this out"]]
                : [],
        ),
        ...secrets
            .filter(({ key, index }) => secrets.some((one) => one.key === key && one.index < index))
            .map(({ key, index }): [(string | number)[], string] => [
                ["sites", index, "pullSecret", "name"],
                `another site's Secret is called ${key}: give one of them another name`,
            ]),
    ];
}
