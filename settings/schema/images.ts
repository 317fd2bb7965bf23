import { z } from "zod";

import { firstImages } from "./firstImages.ts";

/** Images that the site gets from outside. */
export const images = z
    .strictObject({
        source: z
            .strictObject({
                kind: z.enum(["bundle", "directory"]).describe("What the source is."),
                path: z.string().min(1).describe("Path on the machine of `pulumi up`."),
                sha256: z
                    .string()
                    .regex(/^[0-9a-f]{64}$/, "allowed are the 64 hexadecimal digits that `npm run bundle` printed")
                    .optional()
                    .describe("SHA-256 of the bundle."),
            })
            .describe("Where the images come from."),
        firstImages,
    })
    .superRefine(({ source }, context) => {
        if (source.kind === "bundle" && source.sha256 === undefined)
            context.addIssue({
                code: "custom",
                path: ["source", "sha256"],
                message: "a bundle needs the SHA-256 that `npm run bundle` printed",
            });
    });
