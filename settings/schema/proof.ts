import { z } from "zod";

import { image, objectName } from "./common.ts";

/** The proof that a pull works. */
export const proof = z.strictObject({
    enabled: z
        .boolean()
        .default(true)
        .describe(
            "Whether `pulumi up` ends with a try of every name and login, a push of a small image, and a pull of it on every node.",
        ),
    namespace: objectName("Namespace that the proof makes for itself.", "image-registry-proof").refine(
        (name) => name.length <= 50,
        "allowed are at most 50 characters: the proof's Jobs are named after it, with a digest",
    ),
    image: image("Image that holds skopeo, which pushes.", "quay.io/skopeo/stable:v1.20.0"),
});
