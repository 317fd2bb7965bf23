import { z } from "zod";

import { subdomain } from "./common.ts";

/** Where the images are kept. */
export const storage = z.strictObject({
    size: z
        .string()
        .regex(/^[1-9]\d*(Mi|Gi|Ti)$/, "allowed is a whole number with Mi, Gi or Ti, such as 20Gi")
        .default("20Gi")
        .describe("Size of the volume that holds the images."),
    storageClass: z
        .string()
        .regex(subdomain, "allowed is the name of a StorageClass")
        .optional()
        .describe("StorageClass of the volume. Without it, the cluster's default."),
    keepOnDestroy: z
        .boolean()
        .default(true)
        .describe("Whether `pulumi destroy` leaves the volume, and the namespace it is in, in place."),
});
