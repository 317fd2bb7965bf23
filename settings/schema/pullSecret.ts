import { z } from "zod";

import { label, objectName, once } from "./common.ts";

/** The credential that pods pull with. */
export const pullSecret = z.strictObject({
    name: objectName("Name of the Secret that pods name under `imagePullSecrets`.", "image-registry-pull"),
    user: z
        .string()
        .optional()
        .describe(
            "User whose newest credential it carries. Without it, the first of `users` with the role `pull`, or the first of all.",
        ),
    namespaces: z
        .array(z.string().regex(label, "allowed is the name of a namespace"))
        .refine(...once)
        .default([])
        .describe("Existing namespaces that get the Secret."),
});
