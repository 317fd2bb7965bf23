import { z } from "zod";

import { menderNamespace } from "../../components/nodeTrust/mender.ts";
import { directoryProblem, poolDirectory } from "../../components/nodeTrust/pools.ts";
import { removalFailures } from "../../components/nodeTrust/removal.ts";
import { image, objectName } from "./common.ts";
import { trustedHosts } from "./trustedHosts.ts";
import { hostsEntries, insecureRegistries, mirrors } from "./mirrors.ts";
import { directory, pools } from "./pools.ts";
import { systemStore } from "./systemStore.ts";

/** Nodes that trust the registry. */
export const nodeTrust = z
    .strictObject({
        namespace: objectName(
            "Namespace that the agent runs in. Who may edit ConfigMaps there decides which registries nodes trust.",
            "node-ca-trust",
        ),
        image: image("Image of the agent. Any with a POSIX shell will do.", "docker.io/library/registry:3.1.2"),
        mode: z
            .enum(["files", "systemStore"])
            .default("files")
            .describe(
                "`files`: files that the runtime reads at each pull, without privileges and restarts. `systemStore`: the node's own certificate store, by a privileged container that restarts the runtime.",
            ),
        registryDirectory: directory()
            .default("/etc/containerd/certs.d")
            .describe("Directory on the node that containerd's `config_path` names, for pools that give none."),
        pools,
        reachBy: z
            .enum(["clusterAddress", "host"])
            .default("clusterAddress")
            .describe(
                "How nodes reach the registry. `clusterAddress`: the Service's address, with no DNS. `host`: its public name.",
            ),
        hostsEntries,
        hosts: trustedHosts,
        mirrors,
        foreign: z
            .enum(["merge", "replace"])
            .default("merge")
            .describe(
                "What happens to a file for the same host that somebody else has put on a node. `merge`: it stays and gets ours added; where that cannot be, the node fails with the cause. `replace`: ours takes its place until it is taken back.",
            ),
        mend: z
            .enum(["none", "link", "config"])
            .default("none")
            .describe(
                "What happens where containerd would not read what is written. `none`: such nodes fail with the remedy. `link`: where it takes a list of directories for one (2.2's default), a link is made where it looks. `config`: where no `config_path` is set (containerd 1's default), it is set and containerd restarted, one node after the other, by a privileged container of its own; machines over SSH do it themselves. Running pods go on, and `destroy` puts back what stood there.",
            ),
        insecureRegistries,
        timeoutSeconds: z
            .int()
            .min(10)
            .max(86_400)
            .default(300)
            .describe("How long an update waits for every Ready node to say that it has what it should, in seconds."),
        onRemovalFailure: z
            .enum(removalFailures)
            .default("wait")
            .describe(
                "What `destroy` does with a Ready node that does not take its trust back within that time. `wait`: it fails with the cause, and the rest stays until the node is mended. `leave`: the node keeps what it has, and a warning names it. Counts from the next `up` on.",
            ),
        systemStore,
    })
    .superRefine((value, context) => {
        const refuse = (path: (string | number)[], message: string): void => {
            context.addIssue({ code: "custom", path, message });
        };
        value.pools.forEach((pool, index) => {
            const problem = directoryProblem(pool.runtime, poolDirectory(pool, value.registryDirectory));
            const own = pool.registryDirectory !== undefined;
            if (problem !== undefined)
                refuse(own ? ["pools", index, "registryDirectory"] : ["registryDirectory"], problem);
            // It is a label's value, with the namespace's name before it.
            const room = 62 - value.namespace.length;
            if (pool.name !== "default" && pool.name.length > room)
                refuse(
                    ["pools", index, "name"],
                    `together with nodeTrust.namespace it may have at most 62 characters, so ${room.toString()} are left`,
                );
        });
        const taken = value.mirrors.map(({ upstream }) => upstream);
        const both = value.insecureRegistries.filter((host) => taken.includes(host));
        if (both.length > 0)
            refuse(["insecureRegistries"], `${both.join(", ")}: has a mirror; leave it out of one of the two`);
        const { certificatesName, scriptName } = value.systemStore;
        const names = [certificatesName ?? `${value.namespace}-ca`, scriptName ?? `${value.namespace}-script`];
        if (names[0] === names[1]) {
            const key = scriptName === undefined ? "certificatesName" : "scriptName";
            refuse(["systemStore", key], "the ConfigMap with the roots and the one with the script need two names");
        }
        if (value.mode === "systemStore") refuseFiles(value, refuse);
        else if (value.mend === "config") refuseLongMenders(value, refuse);
    });

/** The namespaces of what mends are called after the trust's and the pool's. */
function refuseLongMenders(
    { namespace, pools }: { namespace: string; pools: { name: string }[] },
    refuse: (path: (string | number)[], message: string) => void,
): void {
    for (const [index, pool] of pools.entries()) {
        const made = menderNamespace(namespace, pool.name);
        if (made.length <= 63) continue;
        // The default pool adds nothing, and need not be in the file at all.
        const alone = made === menderNamespace(namespace, "default");
        refuse(
            alone ? ["namespace"] : ["pools", index, "name"],
            `with mend: config, ${made} is too long for a namespace: shorten it${alone ? "" : ", or nodeTrust.namespace"}`,
        );
    }
}

/** A certificate store says whom to believe, and nothing else. */
function refuseFiles(
    value: { reachBy: string; pools: unknown[]; mirrors: unknown[]; insecureRegistries: unknown[] },
    refuse: (path: string[], message: string) => void,
): void {
    if (value.reachBy !== "host")
        refuse(["reachBy"], "a certificate store cannot say where the registry is: set it to host, or mode to files");
    if (value.pools.length > 1) refuse(["pools"], "mode systemStore has one pool: choose its nodes with one selector");
    for (const key of ["mirrors", "insecureRegistries"] as const)
        if (value[key].length > 0)
            refuse([key], "it is a matter of the runtime's files: leave it out, or set mode to files");
}
