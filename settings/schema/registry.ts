import { z } from "zod";

import { cache } from "./cache.ts";
import { certificate } from "./certificate.ts";
import { hostName, hostOrAddress, image, objectName, once, serviceName } from "./common.ts";
import { proof } from "./proof.ts";
import { pullSecret } from "./pullSecret.ts";
import { storage, writersOf } from "./storage.ts";
import { user } from "./users.ts";

/** A registry in a cluster. */
export const registry = z
    .strictObject({
        name: z
            .string()
            .regex(serviceName, "allowed are 1 to 63 lower-case letters, digits and '-', a letter first")
            .default("image-registry")
            .describe("Name of the Service and of the other objects."),
        namespace: objectName(
            "Namespace of the registry. It is made, and must not exist before, unless `createNamespace` is false.",
            "kube-infra",
        ),
        createNamespace: z
            .boolean()
            .default(true)
            .describe("Whether the namespace is made. False uses one that is there, and never deletes it."),
        host: hostName().describe("Public host name: the one in image references, and the one that clients reach."),
        extraHosts: z
            .array(hostName())
            .refine(...once)
            .default([])
            .describe("Further public host names of the same registry."),
        clusterHosts: z
            .array(hostOrAddress)
            .refine(...once)
            .default([])
            .describe("Further names or addresses for the certificate."),
        image: image("Image of the registry (distribution 3).", "docker.io/library/registry:3.1.2"),
        exposure: z
            .enum(["passthrough", "clusterOnly"])
            .default("passthrough")
            .describe(
                "`passthrough`: Traefik hands the TLS connection to the registry. `clusterOnly`: no way in from outside.",
            ),
        users: z
            .array(user)
            .min(1, "at least one user is needed")
            .default([{ name: "registry" }])
            .describe("Users. Each gets a generated password unless `passwords` has one."),
        replicas: z.int().min(1).default(1).describe("Pods of the registry."),
        storage: storage.prefault({}),
        cache: cache.prefault({}),
        certificate: certificate.prefault({}),
        pullSecret: pullSecret.prefault({}),
        proof: proof.prefault({}),
    })
    .superRefine((value, context) => {
        const names = value.users.map((one) => one.name);
        const twice = names.filter((name, index) => names.indexOf(name) !== index);
        for (const name of twice)
            context.addIssue({ code: "custom", path: ["users"], message: `the user ${name} is named twice` });
        if (value.replicas > 1 && writersOf(value.storage) !== "many") {
            const shared = "storage for many writers (accessMode ReadWriteMany, or the kind nfs or s3)";
            context.addIssue({
                code: "custom",
                path: ["replicas"],
                message: `more than one pod needs ${shared}; set it to 1, or choose another registry.storage`,
            });
        }
        const chosen = value.pullSecret.user;
        if (chosen !== undefined && !names.includes(chosen)) {
            context.addIssue({
                code: "custom",
                path: ["pullSecret", "user"],
                message: `allowed are the users: ${names.join(", ")}`,
            });
        }
    });
