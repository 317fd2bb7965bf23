import { isIP } from "node:net";

import { z } from "zod";

import { label, subdomain } from "./common.ts";

/** An SSH server's public key as `ssh-keyscan` shows it after the machine's name, without a comment. */
export const publicKey = /^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)) AAAA[A-Za-z0-9+/]+={0,2}$/;

/** The name under which the key for every machine stands among those of single machines. */
export const keyOfAll = "default";

/** A machine by an IP address or a DNS name. `meaning` is its description. */
export const hostOrAddress = (meaning: string) =>
    z
        .string()
        .refine(
            (text) => isIP(text) !== 0 || (subdomain.test(text) && !/(^|\.)\d+$/.test(text)),
            "allowed is an IP address or a lower-case DNS name",
        )
        .describe(meaning);

/** How a machine is called in the settings. */
export const machineName = z
    .string()
    .regex(label, "allowed are 1 to 63 lower-case letters, digits and '-'")
    .refine((name) => name !== keyOfAll, `allowed is any but ${keyOfAll}, which in \`sshKeys\` stands for all`)
    .describe("Name of the machine, by which `sshKeys` and errors call it.");

/** How a machine is logged in to over SSH, but for its address. */
export const login = {
    port: z.int().min(1).max(65_535).default(22).describe("TCP port of its SSH server."),
    user: z
        .string()
        .regex(/^[a-z_][-a-z0-9_.]{0,31}$/, "allowed is the name of a Unix user")
        .default("root")
        .describe("Who logs in. Others than root need `sudo` without a password."),
    hostKey: z
        .string()
        .regex(publicKey, "allowed is a public key, `<kind> AAAA…`: see `npm run hostkeys -- <address>`")
        .describe("Public key of its SSH server, ECDSA if it has one. Another one shown ends the update."),
};
