import { z } from "zod";

import { label, objectName, once } from "./common.ts";
import { harborInstall } from "./harborInstall.ts";

/** A name in Harbor that also names a resource. */
const name = (meaning: string, longest: number) =>
    z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "allowed are letters, digits, '.', '_' and '-'")
        .max(longest, `allowed are at most ${longest.toString()} characters`)
        .describe(meaning);
const host = /^https?:\/\/([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(:\d{1,5})?/.source;
const url = (meaning: string, path = "") =>
    z
        .string()
        .regex(new RegExp(`${host}${path}$`), "allowed is http(s)://host[:port]")
        .refine((text) => URL.canParse(text), "is no URL")
        .describe(meaning);
const pem = z
    .string()
    .regex(/-----BEGIN CERTIFICATE-----/, "allowed is PEM with at least one certificate")
    .optional();
const adopt = z.boolean().default(false).describe("Whether one of that name that is there already is taken over.");
const projectName = z
    .string()
    .regex(
        /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/,
        "allowed are lower-case letters and digits, with single '.', '_' and '-' between",
    );

const endpoint = z.strictObject({
    name: name("Name in Harbor.", 64),
    type: z
        .string()
        .describe("`harbor`, `docker-hub`, `docker-registry`, `quay`, `github-ghcr`, … as Harbor calls them."),
    url: url("Where it is. Docker Hub is `https://hub.docker.com`.", "(/[A-Za-z0-9._~/-]*)?"),
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

const rule = z.strictObject({
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

const projectSettings = z.strictObject({
    name: projectName.max(255).describe("Name."),
    public: z.boolean().default(false).describe("Whether everybody may pull."),
    storageLimitBytes: z.int().min(-1).default(-1).describe("Most bytes that it holds; -1: no limit."),
    proxyEndpoint: z
        .string()
        .optional()
        .describe(
            "Name of one of `harbor.endpoints` that it caches. Nothing can be pushed or replicated into a cache.",
        ),
    deleteContents: z
        .boolean()
        .default(false)
        .describe("Whether its images go with it. A project with images stays otherwise, with a warning."),
    adopt,
});

const robot = z.strictObject({
    name: projectName.max(200).describe("Name without Harbor's prefix."),
    role: z
        .enum(["pull", "push", "replicationSource", "replicationTarget", "administerReplication"])
        .describe("What it may do, and no more. `administerReplication`: what this stack itself needs."),
    projects: z
        .array(z.string().min(1))
        .min(1)
        .default(["*"])
        .describe("Projects that the role is for; `*`: every one."),
    description: z.string().default("").describe("For people."),
    durationDays: z
        .int()
        .refine((days) => days === -1 || days > 0, "allowed are -1 and whole days from 1")
        .default(-1)
        .describe("Days until it expires; -1: never."),
    generation: z.int().min(1).default(1).describe("Number of its secret: another number is another secret."),
    adopt,
});

const file = (list: string) =>
    z
        .string()
        .min(1)
        .optional()
        .describe(
            `YAML file with the list instead of \`harbor.${list}\`, by its path from the project's folder. For some hundred entries and more; no secret is in it.`,
        );
const uniqueNames = (values: readonly { name: string }[]): boolean => once[0](values.map((value) => value.name));

/** A Harbor, and what it copies. */
export const harbor = z
    .strictObject({
        url: url("Where it is: `https://host[:port]`."),
        username: z
            .string()
            .min(1)
            .default("admin")
            .describe(
                "Who logs in: an administrator, or a robot of the system. The password is `harborCredentials.admin`.",
            ),
        caBundle: pem.describe(
            "Roots that sign its certificate, PEM. Nodes trust them as well where there is a `nodeTrust` section.",
        ),
        insecure: z.boolean().default(false).describe("Whether its certificate is not looked at."),
        endpoints: z
            .array(endpoint)
            .refine(uniqueNames, "allowed is each name once")
            .default([])
            .describe("Registries that are copied from and to."),
        rules: z.array(rule).refine(uniqueNames, "allowed is each name once").default([]).describe("What is copied."),
        install: harborInstall
            .optional()
            .describe("How the stack installs the Harbor itself. Without it, one that is there already."),
        endpointsFile: file("endpoints"),
        rulesFile: file("rules"),
        projects: z
            .array(projectSettings)
            .refine(uniqueNames, "allowed is each name once")
            .default([])
            .describe("Projects."),
        robots: z
            .array(robot)
            .refine(uniqueNames, "allowed is each name once")
            .default([])
            .describe("Logins for machines."),
        pullSecret: z
            .strictObject({
                robot: z.string().describe("Name of one of `harbor.robots` that may pull."),
                name: objectName("Name of the Secret.", "harbor-pull"),
                namespaces: z
                    .array(z.string().regex(label))
                    .min(1)
                    .refine(...once)
                    .describe("Existing namespaces that get it."),
            })
            .optional()
            .describe("A robot's login, for pods."),
    })
    .superRefine((value, context) => {
        const refuse = (path: (string | number)[], message: string): void => {
            context.addIssue({ code: "custom", path, message });
        };
        if (value.insecure && value.caBundle !== undefined) refuse(["insecure"], "contradicts harbor.caBundle");
        if (value.caBundle !== undefined && value.url.startsWith("http:")) {
            refuse(["caBundle"], "there is nothing to verify where harbor.url is http://");
        }
        if (value.install !== undefined) refuseForeign(value, refuse);
        const endpoints = value.endpoints.map((one) => one.name);
        const known = `harbor.endpoints has ${endpoints.join(", ") || "none"}`;
        for (const [index, one] of value.rules.entries()) {
            if (!endpoints.includes(one.endpoint)) refuse(["rules", index, "endpoint"], known);
        }
        for (const [index, one] of value.projects.entries()) {
            const { proxyEndpoint } = one;
            if (proxyEndpoint !== undefined && !endpoints.includes(proxyEndpoint))
                refuse(["projects", index, "proxyEndpoint"], known);
        }
        const robots = value.robots.map((one) => one.name);
        if (value.pullSecret !== undefined && !robots.includes(value.pullSecret.robot)) {
            refuse(["pullSecret", "robot"], `harbor.robots has ${robots.join(", ") || "none"}`);
        }
    });

/** What only an existing Harbor has: this one's certificate and first login are the stack's own. */
function refuseForeign(
    {
        url,
        username,
        caBundle,
        insecure,
    }: { url: string; username: string; caBundle?: string | undefined; insecure: boolean },
    refuse: (path: string[], message: string) => void,
): void {
    const own = "harbor.install makes them: leave it out";
    if (caBundle !== undefined) refuse(["caBundle"], `certificate and root of a new Harbor, ${own}`);
    if (insecure) refuse(["insecure"], `certificate and root of a new Harbor, ${own}`);
    if (username !== "admin") refuse(["username"], "allowed is admin where harbor.install makes the Harbor");
    if (!url.startsWith("https:")) refuse(["url"], "allowed is https:// where harbor.install makes the Harbor");
}
