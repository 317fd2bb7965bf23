import { z } from "zod";

import { once, subdomain } from "./common.ts";

const named = (what: string, suffix: string) =>
    z
        .string()
        .regex(subdomain, "allowed is the name of an object")
        .optional()
        .describe(`Name of ${what}. Without it, \`<registry.name>-${suffix}\`.`);

/** Names of objects that a site calls otherwise, such as the seeds' `image-registry-user`. */
export const objectNames = z
    .strictObject({
        certs: named("the Secret with the server certificate", "certs"),
        users: named("the Secret with the users", "users"),
        environment: named("the Secret with the registry's secret variables", "environment"),
        config: named("the ConfigMap with both configuration files", "config"),
    })
    .refine(
        (names) => once[0](Object.values(names).filter((name) => name !== undefined)),
        "each object needs a name of its own",
    )
    .prefault({});
