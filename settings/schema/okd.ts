import { z } from "zod";

import { label, objectName, once, subdomain } from "./common.ts";
import { management } from "./okd/management.ts";
import { builder, project, stream } from "./okd/projects.ts";

const pem = z.string().regex(/-----BEGIN CERTIFICATE-----/, "allowed is PEM with at least one certificate");
const publicHost = z
    .string()
    .regex(subdomain, "allowed is a full lower-case DNS name, without scheme, port or path")
    .regex(/\./, "allowed is a full DNS name, with a domain");

const route = z.strictObject({
    name: z
        .string()
        .regex(label, "allowed are 1 to 63 lower-case letters, digits and '-'")
        .refine((name) => name !== "default-route", "is the operator's own: set okd.defaultRoute")
        .describe("Name of the Route."),
    host: publicHost.describe(
        "Its public host. Without a certificate of its own it must be one below the cluster's ingress domain.",
    ),
    secretName: z
        .string()
        .regex(subdomain, "allowed is the name of a Secret")
        .optional()
        .describe(
            "Secret in `openshift-image-registry` with `tls.crt`, `tls.key` and `tls.cacrt`. It is made of `okdSecrets.certificates.<name>` where that is given, with the name `<name>-tls` unless one is given here; else it must be there already.",
        ),
    caBundle: pem
        .optional()
        .describe("Roots of what a Secret that is there holds, PEM. Without it, clients must know them by themselves."),
});

const trust = z.strictObject({
    routes: z.boolean().default(true).describe("Whether nodes believe the registry's own public hosts."),
    registries: z
        .array(
            z.strictObject({
                host: z
                    .string()
                    .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:[1-9]\d{0,4})?$/, "allowed is host or host:port")
                    .describe("Registry, as image references name it."),
                caBundle: pem.describe("Roots that sign its certificate, PEM."),
            }),
        )
        .default([])
        .describe("Other registries that nodes, the registry and its imports believe."),
    configMap: z
        .string()
        .regex(subdomain, "allowed is the name of a ConfigMap")
        .optional()
        .describe(
            "Name of the ConfigMap in `openshift-config` that the cluster shall refer to. Without it, the one that it refers to, else `siteregistry-trusted-ca`.",
        ),
});

const pruner = z.strictObject({
    schedule: z
        .string()
        .regex(/^(@\w+|\S+( \S+){4})$/, "allowed is cron with five fields, such as 0 0 * * *")
        .default("0 0 * * *")
        .describe("When it runs."),
    keepTagRevisions: z.int().min(0).default(3).describe("Older images that each tag keeps."),
    keepYoungerThan: z
        .string()
        .regex(/^([1-9]\d*(h|m|s))+$/, "allowed is a time such as 60m or 168h")
        .default("60m")
        .describe("What is younger is kept."),
    suspend: z.boolean().default(false).describe("Whether it does not run."),
});

const source = z
    .string()
    .regex(
        /^(\*\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d{1,5})?(\/[a-z0-9]([a-z0-9._/-]*[a-z0-9])?)?$/,
        "allowed is host[:port][/path] without scheme, tag or digest, or *.host",
    );

const mirrorSet = z.strictObject({
    name: z.string().regex(subdomain, "allowed is the name of an object").describe("Name."),
    by: z.enum(["digest", "tag"]).describe("Which images: those that are named by digest, or by tag."),
    mirrors: z
        .array(
            z.strictObject({
                source: source.describe("Where images come from: `host[:port][/path]`, or `*.host`."),
                mirrors: z
                    .array(source.refine((text) => !text.startsWith("*"), "a mirror has no wildcard"))
                    .min(1)
                    .refine(...once)
                    .describe("Where nodes look first, in order."),
                mirrorSourcePolicy: z
                    .enum(["AllowContactingSource", "NeverContactSource"])
                    .default("AllowContactingSource")
                    .describe("Whether nodes go to the source where no mirror has the image."),
            }),
        )
        .min(1)
        .describe("Sources and their mirrors."),
});

type Refuse = (path: (string | number)[], message: string) => void;

/** The registry of an OKD cluster. */
export const okd = z
    .strictObject({
        name: objectName("Beginning of the names of what is made. Two stacks on one cluster need two.", "okd-registry"),
        defaultRoute: z.boolean().default(true).describe("Whether the registry has the cluster's default route."),
        routes: z.array(route).default([]).describe("Further routes. Only one stack of a cluster can have any."),
        management: management
            .optional()
            .describe(
                "What the cluster is told of its registry besides. Needed where it begins without one, as on bare metal. It stays after `destroy`.",
            ),
        projects: z.array(project).default([]).describe("Who may do what, by namespace."),
        builders: z.array(builder).default([]).describe("Logins for CI."),
        streams: z.array(stream).default([]).describe("Repositories: made before a push, or imported from upstream."),
        trust: trust.prefault({}).describe("What the cluster's nodes, registry and imports believe."),
        pruner: pruner.optional().describe("How the cluster clears its registry. Without it, as it does by itself."),
        mirrorSets: z
            .array(mirrorSet)
            .default([])
            .describe(
                "Where nodes look first for images of other registries. A change of them needs `confirmNodeDrain`.",
            ),
        confirmNodeDrain: z
            .boolean()
            .default(false)
            .describe(
                "Says that nodes may be drained and restarted. Without it, a set of `mirrorSets` is neither made nor changed nor taken out, also not by `destroy`.",
            ),
        timeoutSeconds: z
            .int()
            .min(10)
            .max(7200)
            .default(600)
            .describe("How long the registry's operator may take, in seconds."),
    })
    .superRefine((value, context) => {
        const refuse: Refuse = (path, message) => {
            context.addIssue({ code: "custom", path, message });
        };
        const { routes, trust: trusted, mirrorSets } = value;
        refuseTwins(routes, ["routes"], ["name", "host"], refuse);
        refuseTwins(value.projects, ["projects"], ["namespace"], refuse);
        refuseTwins(value.streams.map(place), ["streams"], ["name"], refuse);
        refuseTwins(value.builders.map(place), ["builders"], ["name"], refuse);
        refuseTwins(trusted.registries, ["trust", "registries"], ["host"], refuse);
        refuseTwins(
            mirrorSets.map(({ name, by }) => ({ name: `${by} ${name}` })),
            ["mirrorSets"],
            ["name"],
            refuse,
        );
        routes.forEach(({ caBundle, secretName }, index) => {
            if (caBundle !== undefined && secretName === undefined)
                refuse(["routes", index, "caBundle"], "is for a Secret that is there already: name it in secretName");
        });
        trusted.registries.forEach(({ host }, index) => {
            if (trusted.routes && routes.some((one) => one.host === host))
                refuse(["trust", "registries", index, "host"], "is one of okd.routes, which nodes believe anyway");
        });
    });

function place({ namespace, name }: { namespace: string; name: string }): { name: string } {
    return { name: `${namespace}/${name}` };
}

/** Refuses what has the same name as one before it. */
function refuseTwins<Key extends string>(
    all: readonly Record<Key, string>[],
    path: string[],
    keys: readonly Key[],
    refuse: Refuse,
): void {
    for (const key of keys) {
        all.forEach((one, index) => {
            if (all.findIndex((other) => other[key] === one[key]) < index)
                refuse(
                    [...path, index, ...(key in one ? [key] : [])],
                    `${one[key]} is there twice; allowed is each once`,
                );
        });
    }
}
