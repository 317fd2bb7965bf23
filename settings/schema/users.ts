import { z } from "zod";

import { roles } from "../../components/registry/logins.ts";

/** One user of the registry. */
export const user = z.strictObject({
    name: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, "allowed are 1 to 63 letters, digits, '.', '_' and '-'")
        .describe("Name."),
    role: z
        .enum(roles)
        .default("push")
        .describe("`push`: may push, delete and pull. `pull`: may only pull, on whichever way."),
    generations: z
        .array(z.int().min(1).max(9999))
        .min(1, "at least one generation is needed")
        .refine(
            (numbers) => numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0)),
            "allowed are rising numbers, such as [1, 2]",
        )
        .default([1])
        .describe(
            "Numbers of the user's valid credentials: number 1 logs in by the name, number n by `<name>.<n>`. Pull secrets carry the first of them: add one, `up`, then drop the old one.",
        ),
});
