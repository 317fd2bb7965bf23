import { z } from "zod";

import { subdomain } from "../common.ts";

const name = (meaning: string) => z.string().regex(subdomain, "allowed is the name of an object").describe(meaning);

const newClaim = z.strictObject({
    size: z
        .string()
        .regex(/^[1-9]\d*(Ki|Mi|Gi|Ti|Pi)$/, "allowed is a size such as 100Gi")
        .describe("Size."),
    storageClass: name("StorageClass. Without it, the cluster's default.").optional(),
    accessMode: z
        .enum(["ReadWriteMany", "ReadWriteOnce"])
        .default("ReadWriteMany")
        .describe("`ReadWriteOnce` allows one pod, and `Recreate`."),
});

const bucket = z.strictObject({
    bucket: z.string().min(3).max(63).describe("Name of the bucket, which is there already."),
    region: z.string().min(1).default("us-east-1").describe("Its region."),
    regionEndpoint: z
        .string()
        .regex(/^https?:\/\/[^/\s]+$/, "allowed is http(s)://host[:port]")
        .optional()
        .describe("Where it is, when it is not Amazon's."),
    trustedCa: name("ConfigMap in `openshift-config` with the endpoint's roots in `ca-bundle.crt`.").optional(),
    virtualHostedStyle: z.boolean().default(false).describe("Whether the bucket is part of the host's name."),
});

/** That the cluster runs its registry, and where the images are. */
export const management = z
    .strictObject({
        storage: z
            .strictObject({
                kind: z
                    .enum(["claim", "s3", "emptyDir"])
                    .describe(
                        "`claim`: a volume. `s3`: a bucket; its key is in `okdSecrets.s3`. `emptyDir`: images go with the pod, for trying only.",
                    ),
                claim: name("Name of the volume's claim in `openshift-image-registry`.").optional(),
                newClaim: newClaim.optional().describe("Makes the claim. Without it, it is there already."),
                s3: bucket.optional().describe("For the kind `s3`."),
            })
            .describe("Where the images are. It cannot be left to the operator: it would delete what it made."),
        replicas: z.int().min(1).max(20).default(1).describe("Pods of the registry."),
        rolloutStrategy: z
            .enum(["RollingUpdate", "Recreate"])
            .default("RollingUpdate")
            .describe("`Recreate` for a volume that only one pod can have."),
        disableRedirect: z
            .boolean()
            .default(false)
            .describe("Whether layers come through the registry where clients cannot reach or believe the bucket."),
    })
    .superRefine(({ storage, replicas, rolloutStrategy }, context) => {
        const refuse = (path: string[], message: string): void => {
            context.addIssue({ code: "custom", path, message });
        };
        const { kind, claim, newClaim: made, s3 } = storage;
        if (kind === "claim" && claim === undefined)
            refuse(
                ["storage", "claim"],
                "the kind claim needs one: without a name the operator makes a volume, and deletes it too",
            );
        if (kind !== "claim" && claim !== undefined) refuse(["storage", "claim"], `is not for the kind ${kind}`);
        if (kind !== "claim" && made !== undefined) refuse(["storage", "newClaim"], `is not for the kind ${kind}`);
        if (kind === "s3" && s3 === undefined) refuse(["storage", "s3"], "the kind s3 needs it");
        if (kind !== "s3" && s3 !== undefined) refuse(["storage", "s3"], `is not for the kind ${kind}`);
        if (kind === "emptyDir" && replicas > 1)
            refuse(["replicas"], "with emptyDir each pod would have images of its own; allowed is 1");
        if (made?.accessMode === "ReadWriteOnce" && (replicas > 1 || rolloutStrategy !== "Recreate"))
            refuse(
                ["rolloutStrategy"],
                "a volume with ReadWriteOnce has one pod: set replicas to 1 and this to Recreate",
            );
    });
