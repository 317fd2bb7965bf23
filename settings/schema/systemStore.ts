import { z } from "zod";

import { image, label } from "./common.ts";

/** The way by each node's own certificate store. */
export const systemStore = z
    .strictObject({
        image: image(
            "Image of the container that does it. It must have a POSIX shell and `nsenter`.",
            "docker.io/library/registry:3.1.2",
        ),
        pauseImage: z
            .string()
            .min(1)
            .optional()
            .describe(
                "Image of the container that stays, such as `registry.k8s.io/pause:3.10`. Its own program is run. Without it, a shell of `image` sleeps.",
            ),
        runtimeService: z
            .string()
            .regex(/^[A-Za-z0-9][\w.@-]{0,62}$/, "allowed is the name of a service, such as containerd or k3s-agent")
            .default("containerd")
            .describe("Service on the nodes that is restarted when the store has changed."),
        script: z
            .string()
            .min(1)
            .optional()
            .describe(
                "POSIX shell script to run on the nodes in place of the program's own. It has the roots in `$TRUSTED_CERT`, and `$1` is `apply` or `remove`.",
            ),
        daemonSetName: name("the DaemonSet", "the namespace's"),
        certificatesName: name("the ConfigMap with the roots", "the namespace's with `-ca`"),
        scriptName: name("the ConfigMap with the script", "the namespace's with `-script`"),
    })
    .prefault({})
    .describe("What `mode: systemStore` runs.");

function name(what: string, otherwise: string) {
    return z
        .string()
        .regex(label, "allowed are 1 to 63 lower-case letters, digits and '-'")
        .optional()
        .describe(`Name of ${what}. Without it, ${otherwise}.`);
}
