import { z } from "zod";

/** A name in Harbor that also names a resource. */
export const name = (meaning: string, longest: number) =>
    z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "allowed are letters, digits, '.', '_' and '-'")
        .max(longest, `allowed are at most ${longest.toString()} characters`)
        .describe(meaning);
const host = /^https?:\/\/([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(:\d{1,5})?/.source;
/** An address, with a path that is allowed behind it. */
export const url = (meaning: string, path = "") =>
    z
        .string()
        .regex(new RegExp(`${host}${path}$`), "allowed is http(s)://host[:port]")
        .refine((text) => URL.canParse(text), "is no URL")
        .describe(meaning);
/** Roots, where any are given. */
export const pem = z
    .string()
    .regex(/-----BEGIN CERTIFICATE-----/, "allowed is PEM with at least one certificate")
    .optional();
/** Whether what is there already is taken over. */
export const adopt = z
    .boolean()
    .default(false)
    .describe("Whether one of that name that is there already is taken over.");
/** A registry that is copied from and to. */
export const endpoint = z.strictObject({
    name: name("Name in Harbor.", 64),
    type: z
        .string()
        .describe("`harbor`, `docker-hub`, `docker-registry`, `quay`, `github-ghcr`, … as Harbor calls them."),
    url: url(
        "Where it is. Docker Hub is `https://hub.docker.com`. Without it, `site` says so.",
        "(/[A-Za-z0-9._~/-]*)?",
    ).optional(),
    site: z
        .string()
        .optional()
        .describe(
            "Name of one of `sites`, which tells `url`, `caBundle` and the secret of `accessKey`, a login there.",
        ),
    description: z.string().default("").describe("For people."),
    accessKey: z
        .string()
        .min(1)
        .optional()
        .describe("Who Harbor logs in as. The secret is in `harborCredentials.endpoints`, by name."),
    credentialType: z.enum(["basic", "oauth"]).optional().describe("Kind of login."),
    caBundle: pem.describe("Roots that sign its certificate, PEM. Needs Harbor 2.15."),
    insecure: z.boolean().default(false).describe("Whether Harbor does not look at its certificate."),
    adopt,
});

const filter = z.strictObject({
    type: z.enum(["name", "tag", "label", "resource"]).describe("What it looks at."),
    value: z
        .string()
        .optional()
        .describe("Pattern of a `name` or `tag`: `*`, `**` for any number of parts, `?`, `{one,other}`."),
    labels: z.array(z.string()).optional().describe("Of `label`: names that must all be there."),
    decoration: z.enum(["matches", "excludes"]).optional().describe("Of `tag` and `label`."),
});

const run = z.strictObject({
    when: z.enum(["never", "onChange", "always"]).default("never").describe("When `up` runs the rule."),
    wait: z.boolean().default(true).describe("Whether `up` waits for its end, and fails unless everything was copied."),
    timeoutSeconds: z.int().min(1).default(3600).describe("How long it may take before it is stopped."),
    retryGraceSeconds: z
        .int()
        .min(0)
        .default(130)
        .describe("How long a failure must last: Harbor tries again by itself."),
    requireImages: z.boolean().default(true).describe("Whether a run that finds nothing is an error."),
    compareDigests: z
        .boolean()
        .default(false)
        .describe(
            "Whether each tag's digest is compared on both sides, both of which must be reachable from where Pulumi runs.",
        ),
});

/** What is copied. */
export const rule = z.strictObject({
    name: name("Name in Harbor.", 128),
    mode: z.enum(["pull", "push"]).describe("`pull`: from the endpoint. `push`: to it."),
    endpoint: z.string().describe("Name of one of `harbor.endpoints`."),
    description: z.string().default("").describe("For people."),
    filters: z
        .array(filter)
        .default([])
        .describe(
            "What is copied; all of them must fit. Official images of Docker Hub may be named without `library/`.",
        ),
    destinationNamespace: z
        .string()
        .default("")
        .describe("Project, and what is below it, at the destination. Empty: as at the source."),
    replaceCount: z
        .int()
        .min(-1)
        .max(127)
        .default(1)
        .describe("How many levels of the source's path it replaces; -1: all but the last."),
    trigger: z
        .enum(["manual", "scheduled", "event_based"])
        .default("manual")
        .describe("When Harbor runs it by itself. `event_based` is for `push`."),
    cron: z
        .string()
        .optional()
        .describe("When a scheduled one runs, in UTC: `0 30 2 * * *`, beginning with 0 seconds."),
    override: z.boolean().default(true).describe("Whether a tag that is there moves to the new image."),
    deletion: z.boolean().default(false).describe("Whether what is deleted here is deleted there, on events."),
    speed: z
        .int()
        .min(-1)
        .default(0)
        .describe("Most Kbit/s of each worker; 0: no limit. Harbor spares the first megabyte of each layer."),
    copyByChunk: z.boolean().default(false).describe("Whether layers travel in pieces, between Harbors."),
    singleActive: z
        .boolean()
        .default(false)
        .describe("Whether only one run is under way at a time. Needs Harbor 2.14."),
    enabled: z.boolean().default(true).describe("Whether it runs at all."),
    run: run.prefault({}).describe("Runs by `up`."),
    adopt,
});
