import { z } from "zod";

import { label, subdomain } from "./common.ts";

/** Settings that are given their defaults below, so that it can be told whether they were given at all. */
const defaults = {
    kind: "volume",
    size: "20Gi",
    accessMode: "ReadWriteOnce",
    keepOnDestroy: true,
    sizeLimit: "10Gi",
} as const;

const size = () =>
    z.string().regex(/^[1-9]\d*(Mi|Gi|Ti)$/, "allowed is a whole number with Mi, Gi or Ti, such as 20Gi");
const path = () =>
    z.string().regex(/^\/(?!.*\/\.\.?(\/|$))[^:\s]+$/, "allowed is one absolute path without ':', '.' and '..'");

/** An NFS export. */
const nfs = z.strictObject({
    server: z
        .string()
        .regex(/^[A-Za-z0-9]([-A-Za-z0-9.:]*[A-Za-z0-9])?$/, "allowed is a host name or an address")
        .describe("Host name or address of the NFS server, as the nodes know it."),
    path: path().describe("Exported directory. User 10001 must be able to write to it."),
    mountOptions: z
        .array(z.string().regex(/^[a-z0-9_]+(=[^,\s]+)?$/, "allowed is one option, such as nfsvers=4.1"))
        .default(["hard", "nfsvers=4.1"])
        .describe("Options of the mount. Soft mounts lose data when the server is away."),
});

/** A directory of one node. */
const hostPath = z.strictObject({
    path: path().describe("Directory on the node. It must be there before `up`; its group is changed to 10001."),
    node: z
        .string()
        .regex(subdomain, "allowed is the name of a node")
        .max(63, "allowed are at most 63 characters, as in the value of every label")
        .describe(
            "Value of the node's label `kubernetes.io/hostname`. The registry runs there and nowhere else; when that disk is lost, so are the images.",
        ),
});

/** A bucket. */
const s3 = z.strictObject({
    bucket: z
        .string()
        .regex(/^[a-z0-9][-a-z0-9.]{1,61}[a-z0-9]$/, "allowed are 3 to 63 lower-case letters, digits, '-' and '.'")
        .describe("Name of the bucket. It must be there before `up`."),
    region: z
        .string()
        .regex(/^[a-z0-9-]+$/, "allowed is the name of a region, such as eu-central-1")
        .default("us-east-1")
        .describe("Region. Servers other than Amazon's want any name at all, most of them this one."),
    endpoint: z
        .string()
        .regex(
            /^https?:\/\/([A-Za-z0-9][-A-Za-z0-9.]*|\[[0-9a-fA-F:]+\])(:\d{1,5})?$/,
            "allowed is http://host[:port] or https://host[:port]",
        )
        .optional()
        .describe("Address of an S3-compatible server. Without it, Amazon's for the region."),
    caBundle: z
        .string()
        .regex(/^\s*-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----\s*$/, "allowed are PEM certificates")
        .optional()
        .describe("Roots that have signed the server's certificate, PEM, beside those of the registry's image."),
    rootDirectory: z
        .string()
        .regex(/^\/?[A-Za-z0-9][-A-Za-z0-9._/]*$/, "allowed is a path in the bucket")
        .optional()
        .describe("Path in the bucket that everything is kept below. Without it, the bucket's root."),
    pathStyle: z
        .boolean()
        .default(false)
        .describe(
            "Whether the bucket is named in the path instead of the host name, as servers other than Amazon's want.",
        ),
    redirect: z
        .boolean()
        .default(false)
        .describe(
            "Whether clients fetch layers from the bucket itself. They must then reach its address and trust its certificate.",
        ),
});

/** A directory that goes with the pod. */
const emptyDir = z.strictObject({
    sizeLimit: size().default(defaults.sizeLimit).describe("Size at which the pod is ended."),
});

/** Which settings mean something for which kind. */
const belonging: Record<string, readonly string[]> = {
    volume: ["size", "storageClass", "accessMode", "existingClaim", "keepOnDestroy"],
    nfs: ["nfs", "size"],
    hostPath: ["hostPath", "size"],
    s3: ["s3"],
    emptyDir: ["emptyDir"],
};

/** Where the images are kept. */
export const storage = z
    .strictObject({
        kind: z
            .enum(["volume", "nfs", "hostPath", "s3", "emptyDir"])
            .optional()
            .meta({ default: defaults.kind })
            .describe(
                "`volume`: a claim. `nfs`: an NFS export. `hostPath`: a directory of one node. `s3`: a bucket. `emptyDir`: lost with the pod.",
            ),
        size: size()
            .optional()
            .meta({ default: defaults.size })
            .describe("Size of the volume that holds the images. A larger one grows it in place where its class can."),
        storageClass: z
            .string()
            .regex(subdomain, "allowed is the name of a StorageClass")
            .optional()
            .describe("StorageClass of the volume. Without it, the cluster's default."),
        accessMode: z
            .enum(["ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany"])
            .optional()
            .meta({ default: defaults.accessMode })
            .describe("Who may write to the volume at once: one node, one pod, or many nodes."),
        existingClaim: z
            .string()
            .regex(label, "allowed is the name of a claim in the registry's namespace")
            .optional()
            .describe(
                "Claim to use instead of making one. It is never deleted; `size` and `storageClass` are not used.",
            ),
        keepOnDestroy: z
            .boolean()
            .optional()
            .meta({ default: defaults.keepOnDestroy })
            .describe("Whether `pulumi destroy` leaves the volume, and the namespace it is in, in place."),
        nfs: nfs.optional().describe("For kind `nfs`."),
        hostPath: hostPath.optional().describe("For kind `hostPath`."),
        s3: s3.optional().describe("For kind `s3`. Its keys are secret: `s3Credentials`."),
        emptyDir: emptyDir.optional().describe("For kind `emptyDir`."),
    })
    .superRefine((value, context) => {
        const kind = value.kind ?? defaults.kind;
        const own = belonging[kind] ?? [];
        for (const key of Object.keys(value).filter((name) => name !== "kind" && !own.includes(name))) {
            const message = `it means nothing for the kind ${kind}, which has ${own.join(", ")}: leave it out`;
            context.addIssue({ code: "custom", path: [key], message });
        }
        if (kind in value || kind === "volume" || kind === "emptyDir") return;
        context.addIssue({ code: "custom", path: [kind], message: `the kind ${kind} needs this section` });
    })
    .transform(({ kind, size, accessMode, keepOnDestroy, emptyDir, ...rest }) => ({
        ...rest,
        kind: kind ?? defaults.kind,
        size: size ?? defaults.size,
        accessMode: accessMode ?? defaults.accessMode,
        keepOnDestroy: keepOnDestroy ?? defaults.keepOnDestroy,
        ...(kind === "emptyDir" ? { emptyDir: emptyDir ?? { sizeLimit: defaults.sizeLimit } } : {}),
    }));
