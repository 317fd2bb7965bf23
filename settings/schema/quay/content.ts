import { z } from "zod";

import { label } from "../common.ts";

const name = z
    .string()
    .regex(
        /^[a-z0-9](?:[a-z0-9]|[._-](?=[a-z0-9])){1,254}$/,
        "allowed are 2 to 255 lower-case letters, digits, and single '.', '_', '-' between them",
    );
const role = z.enum(["read", "write", "admin"]);

const member = z.strictObject({
    kind: z.enum(["robot", "team"]).default("robot").describe("What it is."),
    name: name.describe("Its name, without the organisation."),
    role: role.describe("What it may do."),
});

const repository = z.strictObject({
    name: name.describe("Name, without the organisation."),
    visibility: z.enum(["private", "public"]).default("private").describe("`public`: everybody may pull."),
    description: z.string().default("").describe("For people."),
    permissions: z.array(member).default([]).describe("Who may do what with it."),
});

const robot = z.strictObject({
    name: z
        .string()
        .regex(/^[a-z][a-z0-9_]{1,254}$/, "allowed are lower-case letters, digits and '_', a letter first")
        .describe("Name, without the organisation: it logs in as `<organisation>+<name>`."),
    description: z.string().default("").describe("For people."),
    default: role.optional().describe("What it may do with every repository that is made from now on."),
    pullSecrets: z
        .array(
            z.strictObject({
                namespace: z.string().regex(label, "allowed is a namespace").describe("Existing namespace."),
                name: z.string().regex(label, "allowed is a name").describe("Name of the Secret."),
            }),
        )
        .default([])
        .describe("Where its login is put for pods."),
});

const team = z.strictObject({
    name: z
        .string()
        .regex(/^[a-z][a-z0-9]+$/, "allowed are lower-case letters and digits, a letter first")
        .describe("Name."),
    role: z.enum(["member", "creator", "admin"]).default("member").describe("What it may do in the organisation."),
});

export const organization = z.strictObject({
    name: name.describe("Name: the first part of its images' names."),
    email: z.email("allowed is an address").optional().describe("Address. Needed with FEATURE_MAILING."),
    teams: z.array(team).default([]).describe("Teams. Who is in them is not set here."),
    robots: z.array(robot).default([]).describe("Robots."),
    repositories: z.array(repository).default([]).describe("Repositories."),
});
