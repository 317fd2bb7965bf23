import { z } from "zod";

import { certificate } from "./certificate.ts";
import { hostOrAddress, image, objectName, once, serviceName } from "./common.ts";
import { clusterIP, exposure, exposureProblems, exposureSections, registryHost } from "./exposure.ts";
import { proof } from "./proof.ts";
import { pullSecret } from "./pullSecret.ts";
import { storage } from "./storage.ts";
import { user } from "./users.ts";

/** A registry in a cluster. */
export const registry = z
    .strictObject({
        name: z
            .string()
            .regex(serviceName, "allowed are 1 to 63 lower-case letters, digits and '-', a letter first")
            .default("image-registry")
            .describe("Name of the Service and of the other objects."),
        namespace: objectName("Namespace of the registry. It is made, and must not exist before.", "kube-infra"),
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
        clusterIP,
        exposure,
        passthrough: exposureSections.passthrough.optional().describe("For the exposure `passthrough`."),
        ingress: exposureSections.ingress.optional().describe("For the exposure `ingress`."),
        gateway: exposureSections.gateway.optional().describe("For the exposure `gateway`, which needs it."),
        nodePort: exposureSections.nodePort.optional().describe("For the exposure `nodePort`."),
        loadBalancer: exposureSections.loadBalancer.optional().describe("For the exposure `loadBalancer`."),
        users: z
            .array(user)
            .min(1, "at least one user is needed")
            .default([{ name: "registry" }])
            .describe("Users. Each gets a generated password unless `passwords` has one."),
        storage: storage.prefault({}),
        certificate: certificate.prefault({}),
        pullSecret: pullSecret.prefault({}),
        proof: proof.prefault({}),
    })
    .superRefine((value, context) => {
        for (const problem of exposureProblems(value)) context.addIssue({ code: "custom", ...problem });
        const names = value.users.map((one) => one.name);
        const twice = names.filter((name, index) => names.indexOf(name) !== index);
        for (const name of twice)
            context.addIssue({ code: "custom", path: ["users"], message: `the user ${name} is named twice` });
        const chosen = value.pullSecret.user;
        if (chosen !== undefined && !names.includes(chosen)) {
            context.addIssue({
                code: "custom",
                path: ["pullSecret", "user"],
                message: `allowed are the users: ${names.join(", ")}`,
            });
        }
    });
