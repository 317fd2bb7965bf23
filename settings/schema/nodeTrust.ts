import { z } from "zod";

import { image, objectName } from "./common.ts";
import { trustedHosts } from "./trustedHosts.ts";

/** Nodes that trust the registry. */
export const nodeTrust = z.strictObject({
    namespace: objectName(
        "Namespace that the agent runs in. Who may edit ConfigMaps there decides which registries nodes trust.",
        "node-ca-trust",
    ),
    image: image("Image of the agent. Any with a POSIX shell will do.", "docker.io/library/registry:3.1.2"),
    registryDirectory: z
        .string()
        .regex(/^\/(?!(.*\/)?\.\.(\/|$))[^:]+$/, "allowed is one absolute path without ':' and without '..'")
        .default("/etc/containerd/certs.d")
        .describe("Directory on the node that containerd's `config_path` names."),
    reachBy: z
        .enum(["clusterAddress", "host"])
        .default("clusterAddress")
        .describe(
            "How nodes reach the registry. `clusterAddress`: the Service's address, with no DNS. `host`: its public name.",
        ),
    hosts: trustedHosts,
});
