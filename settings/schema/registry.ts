import { z } from "zod";

import { loginNames } from "../../components/registry/logins.ts";
import { writersOf } from "../../components/registry/storage/writers.ts";
import { cache } from "./cache.ts";
import { certificate } from "./certificate.ts";
import { hostOrAddress, image, objectName, once, serviceName } from "./common.ts";
import {
    clusterIP,
    exposure,
    exposureProblems,
    exposureSections,
    registryHost,
    trafficDistribution,
} from "./exposure.ts";
import { nameClashes, objectNames } from "./objectNames.ts";
import { proof } from "./proof.ts";
import { pullSecret } from "./pullSecret.ts";
import { storage } from "./storage.ts";
import { user } from "./users.ts";
import { resources, scheduling, siteLabels } from "./workload.ts";

/** A registry in a cluster. */
export const registry = z
    .strictObject({
        name: z
            .string()
            .regex(serviceName, "allowed are 1 to 50 lower-case letters, digits and '-', a letter first")
            // What is called after it, such as the Service of the cache, is longer, and 63 is the most.
            .max(50, "allowed are 1 to 50 lower-case letters, digits and '-', a letter first")
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
        host: registryHost().describe(
            "Public host: the one in image references, and the one that clients reach. `name` or `name:port`.",
        ),
        extraHosts: z
            .array(registryHost())
            .refine(...once)
            .default([])
            .describe("Further public hosts of the same registry."),
        clusterHosts: z
            .array(hostOrAddress)
            .refine(...once)
            .default([])
            .describe("Further names or addresses for the certificate."),
        image: image("Image of the registry (distribution 3).", "docker.io/library/registry:3.1.2"),
        gate: z
            .strictObject({
                image: image(
                    "Image of nginx with threads and `auth_request`, which speaks TLS and knows the roles.",
                    "docker.io/library/nginx:1.28.0",
                ),
                resources: resources({ cpu: "100m", memory: "32Mi" }).describe(
                    "CPU and memory of the container `gate`.",
                ),
            })
            .prefault({})
            .describe("The container in front of the registry, in the same pod."),
        realm: z
            .string()
            .regex(/^[A-Za-z0-9][-A-Za-z0-9._ ]{0,63}$/, "allowed are letters, digits, spaces, '.', '_' and '-'")
            .optional()
            .describe("What clients show when they ask for a login. Without it, `host`."),
        labels: siteLabels,
        objectNames: objectNames.describe("Names of single objects."),
        replicas: z.int().min(1).max(100).default(1).describe("Pods of the registry."),
        resources: resources({ cpu: "100m", memory: "64Mi" }).describe("CPU and memory of the container `registry`."),
        scheduling: scheduling.describe("Where the pods run."),
        drainSeconds: z
            .int()
            .min(10)
            .max(86_400)
            .default(300)
            .describe("How long transfers under way may still take when a pod is told to end."),
        clusterIP,
        trafficDistribution,
        exposure,
        passthrough: exposureSections.passthrough.optional().describe("For the exposure `passthrough`."),
        ingress: exposureSections.ingress.optional().describe("For the exposure `ingress`."),
        gateway: exposureSections.gateway.optional().describe("For the exposure `gateway`, which needs it."),
        nodePort: exposureSections.nodePort.optional().describe("For the exposure `nodePort`."),
        loadBalancer: exposureSections.loadBalancer.optional().describe("For the exposure `loadBalancer`."),
        users: z
            .array(user)
            .min(1, "at least one user is needed")
            .prefault([{ name: "registry" }])
            .describe("Users. Each gets a generated password unless `passwords` has one."),
        storage: storage.prefault({}).describe("Where the images are kept."),
        cache: cache.prefault({}).describe("What several pods remember together."),
        certificate: certificate.prefault({}).describe("Certificates, and who signs them."),
        pullSecret: pullSecret.prefault({}).describe("The credential that pods pull with, and who gets it."),
        proof: proof.prefault({}).describe("The proof that a pull works, at the end of `up`."),
    })
    .superRefine((value, context) => {
        for (const problem of exposureProblems(value)) context.addIssue({ code: "custom", ...problem });
        for (const { role, message } of nameClashes(value)) {
            context.addIssue({ code: "custom", path: ["objectNames", role], message });
        }
        const names = value.users.map((one) => one.name);
        const logins = value.users.flatMap(loginNames);
        const twice = new Set(logins.filter((login, index) => logins.indexOf(login) !== index));
        for (const login of twice)
            context.addIssue({ code: "custom", path: ["users"], message: `the login ${login} is named twice` });
        if (value.users.length > 0 && !value.users.some((one) => one.role === "push")) {
            const message = "no user has the role push, so nothing could ever get into the registry";
            context.addIssue({ code: "custom", path: ["users"], message });
        }
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
