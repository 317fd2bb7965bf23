import { z } from "zod";

import { label, objectName, once } from "./common.ts";
import { harborInstall } from "./harborInstall.ts";
import { adopt, endpoint, pem, rule, url } from "./harborRules.ts";

const projectName = z
    .string()
    .regex(
        /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/,
        "allowed are lower-case letters and digits, with single '.', '_' and '-' between",
    );

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
        topology: z
            .strictObject({
                file: z.string().min(1).describe("The file, by its path from the project's folder."),
                site: z.string().min(1).describe("Which of its sites this one is."),
            })
            .optional()
            .describe("A file of sites and what is copied between them. It adds its part to `endpoints` and `rules`."),
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
        for (const [index, one] of value.endpoints.entries()) {
            if (one.site === undefined && one.url === undefined)
                refuse(["endpoints", index, "url"], "allowed is http(s)://host[:port], or `site` in its place");
            if (one.site === undefined) continue;
            if (one.url !== undefined) refuse(["endpoints", index, "url"], "the site tells it: leave it out");
            if (one.caBundle !== undefined) refuse(["endpoints", index, "caBundle"], "the site tells it: leave it out");
        }
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
