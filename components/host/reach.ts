import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import type { SshConnection } from "../nodeTrust/host.ts";
import { quoted } from "../shell/quoted.ts";
import { dialing } from "./machine.ts";

/** Arguments of {@link createReach}. */
export interface ReachArgs extends SshConnection {
    /** Name of the node, unique. */
    node: string;
    /** Each registry's `host:port`. */
    hosts: readonly string[];
    /** Roots to believe there, PEM. Empty where they speak HTTP. */
    caBundle: pulumi.Input<string>;
    /** Login name and password. Undefined where everybody may pull. Secret. */
    login: pulumi.Input<{ name: string; password: string }> | undefined;
}

const script = readFileSync(join(import.meta.dirname, "sh", "reach.sh"), "utf8");

/** What a future node pulls to try it: the smallest image that there is, without a layer. Its name there. */
export const reachImage = { repository: "siteregistry/reach", tag: "1" } as const;

const config = "{}";
const digest = `sha256:${createHash("sha256").update(config).digest("hex")}`;
const manifestType = "application/vnd.oci.image.manifest.v1+json";
const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest, size: config.length },
    layers: [],
});

/**
 * Has a future node ask each registry for `/v2/`, as the first step of each pull does: its name, the way, the certificate, the login. Then it
 * pulls an image without layers, {@link reachImage}, which it has put there. Answers `reached`, or `unknown` where the node has no curl.
 * Fails with the node's name and what it got. It runs again when one of these changes.
 */
export function createReach(name: string, args: ReachArgs, opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
    const { node, address, port, user, hostKey, privateKey, hosts } = args;
    const stdin = pulumi.all([args.caBundle, args.login]).apply(([ca, login]) => reachScript(node, hosts, ca, login));
    return new command.remote.Command(
        `${name}-reach-${node}`,
        {
            connection: { host: address, port, user, hostKey, privateKey: pulumi.secret(privateKey), ...dialing },
            create: "sh -s",
            stdin: pulumi.secret(stdin),
            triggers: [address, port],
            addPreviousOutputInEnv: false,
            logging: "stderr",
        },
        opts,
    ).stdout.apply((said) => said.trim());
}

/** What the node is asked to do. The password is in a file of its own that nobody else reads, and in no list of processes. */
export function reachScript(
    node: string,
    hosts: readonly string[],
    ca: string,
    login: { name: string; password: string } | undefined,
): string {
    const texts = {
        curl: login === undefined ? "" : `user = "${login.name}:${login.password}"\n`,
        ...{ config, manifest, "roots.crt": ca },
    };
    const environment = {
        ...{ NODE: node, SCHEME: ca === "" ? "http" : "https", HOSTS: hosts.join(" "), DIGEST: digest },
        ...{ REPOSITORY: reachImage.repository, TAG: reachImage.tag, MANIFEST_TYPE: manifestType },
    };
    return [
        "set -eu",
        "umask 077",
        'work=$(mktemp -d "${TMPDIR:-/tmp}/siteregistry.XXXXXX")',
        `trap 'rm -rf "$work"' EXIT`,
        ...Object.entries(texts).map(([name, text]) => `printf %s ${quoted(text)} >"$work/${name}"`),
        ...Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)}`),
        script,
    ].join("\n");
}
