import { z } from "zod";

import { label, objectName } from "./common.ts";

/** Scripts for machines outside the cluster. */
export const clientKit = z.strictObject({
    name: objectName(
        "Name of the ConfigMap that holds the scripts and the CA, and no secret.",
        "image-registry-clients",
    ),
    namespace: z
        .string()
        .regex(label, "allowed is the name of a namespace")
        .optional()
        .describe("Existing namespace that gets the ConfigMap. Without it, the registry's."),
});
