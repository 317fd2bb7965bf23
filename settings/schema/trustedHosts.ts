import { isIP } from "node:net";

import { z } from "zod";

import { directoryProblem, runtimeNames } from "../../components/nodeTrust/pools.ts";
import { label, subdomain } from "./common.ts";
import { directory } from "./pools.ts";

/** An SSH server's public key as `ssh-keyscan` shows it after the machine's name, without a comment. */
export const publicKey = /^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)) AAAA[A-Za-z0-9+/]+={0,2}$/;

/** The name under which the key for every machine stands among those of single machines. */
export const keyOfAll = "default";

const trustedHost = z.strictObject({
    name: z
        .string()
        .regex(label, "allowed are 1 to 63 lower-case letters, digits and '-'")
        .refine((name) => name !== keyOfAll, `allowed is any but ${keyOfAll}, which in \`sshKeys\` stands for all`)
        .describe("Name of the machine, by which `sshKeys` and errors call it."),
    address: z
        .string()
        .refine(
            (text) => isIP(text) !== 0 || (subdomain.test(text) && !/(^|\.)\d+$/.test(text)),
            "allowed is an IP address or a lower-case DNS name",
        )
        .describe("Where its SSH server is. Another address is another machine: the old one forgets first."),
    port: z.int().min(1).max(65_535).default(22).describe("TCP port of its SSH server."),
    user: z
        .string()
        .regex(/^[a-z_][-a-z0-9_.]{0,31}$/, "allowed is the name of a Unix user")
        .default("root")
        .describe("Who logs in. Others than root need `sudo` without a password."),
    hostKey: z
        .string()
        .regex(publicKey, "allowed is a public key, `<kind> AAAA…`: see the machine's /etc/ssh/ssh_host_ecdsa_key.pub")
        .describe("Public key of its SSH server, ECDSA if it has one. Another one shown ends the update."),
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
