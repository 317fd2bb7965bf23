import { z } from "zod";

/** One user of the registry. */
export const user = z.strictObject({
    name: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, "allowed are 1 to 63 letters, digits, '.', '_' and '-'")
        .describe("Login name."),
});
