import { z } from "zod";

import { label, objectName, subdomain } from "./common.ts";
import { component, componentMistakes, kinds } from "./quay/components.ts";
import { configMistakes, managementMistakes, secretFields } from "./quay/config.ts";
import { organization } from "./quay/content.ts";

const operator = z.strictObject({
    package: z
        .string()
        .regex(subdomain, "allowed is a package's name")
        .default("project-quay")
        .describe("`project-quay` on OKD. It is the Quay operator: the Bridge operator does not run a Quay."),
    source: objectName("Catalogue that has it.", "community-operators"),
    sourceNamespace: objectName("Namespace of that catalogue.", "openshift-marketplace"),
    channel: z
        .string()
        .regex(/^[a-z0-9][-a-z0-9.]*$/, "allowed is a channel's name")
        .default("stable-3.17")
        .describe("Channel: the minor version of the operator, and so of Quay."),
    startingCSV: z
        .string()
        .regex(/^[a-z0-9][-a-z0-9.]*\.v\d+\.\d+\.\d+$/, "allowed is such as quay-operator.v3.17.0")
        .optional()
        .describe("The version. Needed with `Manual`, where only this one is approved."),
    approval: z
        .enum(["Manual", "Automatic"])
        .default("Manual")
        .describe("`Automatic`: a new version upgrades every Quay by itself."),
    scope: z
        .enum(["AllNamespaces", "OwnNamespace"])
        .default("AllNamespaces")
        .describe("Where the operator looks for Quays. `monitoring` needs all namespaces."),
});

const storage = z.strictObject({
    kind: z
        .enum(["objectClaim", "s3"])
        .describe(
            "`objectClaim`: the cluster's own object storage (NooBaa, ODF). `s3`: a bucket; its key is in `quayCredentials.s3`.",
        ),
    s3: z
        .strictObject({
            engine: z
                .enum(["RadosGWStorage", "S3Storage"])
                .default("RadosGWStorage")
                .describe("`S3Storage`: Amazon's own."),
            hostname: z.string().regex(subdomain, "allowed is a host, without scheme and port").describe("Host."),
            port: z.int("allowed is a number, without quotes").min(1).max(65535).default(443).describe("Port."),
            secure: z.boolean().default(true).describe("Whether it speaks TLS."),
            bucket: z.string().min(3).max(63).describe("Bucket, which is there already."),
            path: z.string().startsWith("/").default("/datastorage/registry").describe("Where in the bucket."),
            caBundle: z
                .string()
                .regex(/-----BEGIN CERTIFICATE-----/, "allowed is PEM")
                .optional()
                .describe("Roots of its certificate, PEM."),
        })
        .optional()
        .describe("For the kind `s3`."),
});

const bounds = z
    .strictObject({
        min: z.int().min(1).max(50).describe("Fewest pods."),
        max: z.int().min(1).max(100).describe("Most pods."),
    })
    .refine(({ min, max }) => min <= max, "allowed is a max of at least min");

/** A Quay, by its operator. */
export const quay = z
    .strictObject({
        name: objectName("Name of the QuayRegistry, and beginning of the names of all that belongs to it.", "quay"),
        namespace: objectName("Its namespace.", "quay-registry"),
        createNamespace: z.boolean().default(true).describe("Whether the namespace is made."),
        operator: operator.optional().describe("Installs the operator. Without it, it is there already."),
        bridge: z
            .strictObject({
                insecure: z.boolean().default(false).describe("Whether builds do not look at Quay's certificate."),
                organization: objectName("Beginning of the organisations' names.", "okd"),
                credentials: z
                    .string()
                    .regex(label, "allowed is a name")
                    .describe(
                        "Secret in the namespace with the key `token`: an OAuth token of Quay, which is made by hand.",
                    ),
            })
            .optional()
            .describe(
                "A `QuayIntegration`: image streams and builds use Quay. Needs the Quay Bridge operator, which is another one and is not installed here.",
            ),
        host: z
            .string()
            .regex(subdomain, "allowed is a DNS name")
            .regex(/\./, "allowed is a full DNS name")
            .optional()
            .describe(
                "Public host. Without it `<name>-quay-<namespace>.<ingress domain>`. One outside the ingress domain needs `tls: own`.",
            ),
        tls: z
            .enum(["managed", "own"])
            .default("managed")
            .describe(
                "`own`: with the certificate in `quayCredentials.certificate`, which the route passes through. `managed`: the router's.",
            ),
        storage: storage.describe("Where layers are."),
        components: z
            .array(component)
            .default([])
            .describe("What differs from the operator's own way. All that are not named are managed."),
        autoscaling: z
            .strictObject({
                quay: bounds.describe("Pods of Quay."),
                clair: bounds.describe("Pods of Clair."),
                mirror: bounds.describe("Pods of the mirror."),
            })
            .optional()
            .describe(
                "Bounds of its autoscalers, which are then made here and not by the operator, whose are 2 to 20.",
            ),
        config: z
            .record(z.string(), z.unknown())
            .default({})
            .describe("Fields of Quay's `config.yaml`. Secret ones are in `quayCredentials.config`."),
        admin: z
            .strictObject({
                username: z
                    .string()
                    .regex(/^[a-z0-9][a-z0-9_]{1,254}$/, "allowed are lower-case letters, digits and '_'")
                    .describe("Name. It must be in `config.SUPER_USERS`, where that is given."),
                email: z.email("allowed is an address").describe("Address."),
            })
            .optional()
            .describe("The first user, who is made once. Its password is generated, or `quayCredentials.admin`."),
        organizations: z.array(organization).default([]).describe("What is in it. Needs `admin`."),
        timeoutSeconds: z.int().min(10).max(7200).default(1800).describe("How long operators may take, in seconds."),
    })
    .superRefine((value, context) => {
        const refuse = (path: (string | number)[], message: string): void => {
            context.addIssue({ code: "custom", path, message });
        };
        const { config, admin, storage: where, operator: installed } = value;
        for (const { path, message } of configMistakes(config)) refuse(["config", ...path], message);
        for (const field of secretFields(config))
            context.addIssue({
                code: "custom",
                path: ["config", field],
                message: `holds a secret; set it with: npx pulumi config set --secret --path quayCredentials.config.${field}`,
                params: { secret: true },
            });
        for (const { path, message } of componentMistakes(value.components, value.autoscaling !== undefined))
            refuse(["components", ...path], message);
        for (const [field, key] of [
            ["FEATURE_USER_INITIALIZE", "admin"],
            ["SERVER_HOSTNAME", "host"],
            ["DISTRIBUTED_STORAGE_CONFIG", "storage"],
            ["DISTRIBUTED_STORAGE_PREFERENCE", "storage"],
            ["DISTRIBUTED_STORAGE_DEFAULT_LOCATIONS", "storage"],
        ] as const) {
            if (field in config) refuse(["config", field], `comes from quay.${key}: leave it out`);
        }
        const others = managementMistakes(Object.keys(config), managedOf(value)).filter(
            ({ kind }) => kind !== "objectstorage",
        );
        for (const { field, message } of others) if (field !== undefined) refuse(["config", field], message);
        if (where.kind === "s3" && where.s3 === undefined) refuse(["storage", "s3"], "the kind s3 needs it");
        if (where.kind !== "s3" && where.s3 !== undefined) refuse(["storage", "s3"], "is only for the kind s3");
        if (value.tls === "own" && value.host === undefined)
            refuse(["host"], "with tls: own it must be given, as the certificate names it");
        if (!(managedOf(value).route ?? true) && value.host === undefined)
            refuse(["host"], "without the operator's route it must be given");
        if (installed?.approval === "Manual" && installed.startingCSV === undefined)
            refuse(
                ["operator", "startingCSV"],
                "with approval: Manual it must be given: only that version is approved",
            );
        if (installed?.scope === "OwnNamespace" && managedOf(value).monitoring === true)
            refuse(
                ["components"],
                "monitoring needs an operator in all namespaces: add {kind: monitoring, managed: false}",
            );
        const superUsers = config.SUPER_USERS;
        if (admin !== undefined && Array.isArray(superUsers) && !superUsers.includes(admin.username))
            refuse(
                ["admin", "username"],
                `is not in quay.config.SUPER_USERS (${superUsers.join(", ")}): the first user would have no rights`,
            );
        if (admin !== undefined && !["Database", undefined].includes(config.AUTHENTICATION_TYPE as string | undefined))
            refuse(["admin"], "the first user is made only where AUTHENTICATION_TYPE is Database");
        if (admin !== undefined && config.FEATURE_DIRECT_LOGIN === false)
            refuse(["config", "FEATURE_DIRECT_LOGIN"], "the first user logs in with its password: leave it out");
        if (admin === undefined && value.organizations.length > 0)
            refuse(["organizations"], "who makes them? Give quay.admin");
        organizationMistakes(value.organizations, config.FEATURE_MAILING === true, refuse);
    });

/** Which kinds the operator manages, all eleven. */
export function managedOf(value: {
    storage: { kind: string };
    tls: string;
    autoscaling?: object | undefined;
    components: readonly { kind: string; managed: boolean }[];
}): Record<string, boolean> {
    const given = Object.fromEntries(value.components.map(({ kind, managed }) => [kind, managed]));
    return {
        ...Object.fromEntries(kinds.map((kind) => [kind, true])),
        ...(value.autoscaling === undefined ? {} : { horizontalpodautoscaler: false }),
        ...given,
        objectstorage: value.storage.kind === "objectClaim",
        tls: value.tls === "managed",
    };
}

function organizationMistakes(
    all: readonly z.infer<typeof organization>[],
    mailing: boolean,
    refuse: (path: (string | number)[], message: string) => void,
): void {
    const twice = (names: readonly string[], path: (string | number)[]): void => {
        names.forEach((name, index) => {
            if (names.indexOf(name) < index) refuse([...path, index, "name"], `${name} is there twice`);
        });
    };
    twice(
        all.map(({ name }) => name),
        ["organizations"],
    );
    all.forEach(({ email, robots, teams, repositories }, index) => {
        const path = ["organizations", index];
        if (mailing && email === undefined) refuse([...path, "email"], "with FEATURE_MAILING it must be given");
        for (const [key, list] of Object.entries({ robots, teams, repositories }))
            twice(
                list.map(({ name }) => name),
                [...path, key],
            );
        repositories.forEach(({ permissions }, at) => {
            permissions.forEach(({ kind, name }, which) => {
                const there = kind === "robot" ? robots : teams;
                if (!there.some((one) => one.name === name))
                    refuse(
                        [...path, "repositories", at, "permissions", which, "name"],
                        `the organisation has no ${kind} of that name`,
                    );
            });
        });
    });
}
