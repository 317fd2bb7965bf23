import { z } from "zod";

import { image } from "./common.ts";

/** What the registry remembers of its layers. */
export const cache = z.strictObject({
    kind: z
        .enum(["none", "redis"])
        .default("none")
        .describe(
            "`redis`: a Redis in the registry's namespace remembers what layers there are, for all pods alike; worth it on slow storage such as S3.",
        ),
    image: image("Image of the cache.", "docker.io/library/redis:7.2.5"),
});
