import { z } from "zod";

import { directoryProblem, runtimeNames } from "../../components/nodeTrust/pools.ts";
import { hostOrAddress, login, machineName } from "./machine.ts";
import { directory } from "./pools.ts";

const trustedHost = z.strictObject({
    name: machineName,
    address: hostOrAddress("Where its SSH server is. Another address is another machine: the old one forgets first."),
    ...login,
    runtime: z
        .enum(runtimeNames)
        .default("containerd")
        .describe("What pulls images there. `podman` also serves skopeo and buildah."),
    registryDirectory: directory()
        .optional()
        .describe("Directory that the runtime reads. Without it, the runtime's own."),
});

/** Machines that are no cluster nodes and trust the registry as well, over SSH. */
export const trustedHosts = z
    .array(trustedHost)
    .superRefine((hosts, context) => {
        const twice = (what: "name" | "address", of: (host: z.output<typeof trustedHost>) => string): void => {
            for (const [index, host] of hosts.entries()) {
                const first = hosts.findIndex((other) => of(other) === of(host));
                if (first === index) continue;
                const message = `allowed is each once; ${hosts[first]?.name ?? ""} has it as well`;
                context.addIssue({ code: "custom", path: [index, what], message });
            }
        };
        for (const [index, { runtime, registryDirectory }] of hosts.entries()) {
            const message = directoryProblem(runtime, registryDirectory);
            if (message !== undefined)
                context.addIssue({ code: "custom", path: [index, "registryDirectory"], message });
        }
        twice("name", ({ name }) => name);
        twice("address", ({ address, port }) => `${address} ${port.toString()}`);
    })
    .default([])
    .describe("Machines that are no cluster nodes and trust the registry as well, over SSH.");

/** One of them. */
export type TrustedHost = z.output<typeof trustedHost>;
