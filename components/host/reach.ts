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

/**
 * Has a future node ask each registry for `/v2/`, as the first step of each pull does: its name, the way, the certificate, the login. Answers
 * `reached`, or `unknown` where the node has no curl. Fails with the node's name and what it got. It runs again when one of these changes.
 */
export function createReach(name: string, args: ReachArgs, opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
    const { node, address, port, user, hostKey, privateKey, hosts } = args;
    const script = pulumi.all([args.caBundle, args.login]).apply(([ca, login]) => reachScript(node, hosts, ca, login));
    return new command.remote.Command(
        `${name}-reach-${node}`,
        {
            connection: { host: address, port, user, hostKey, privateKey: pulumi.secret(privateKey), ...dialing },
            create: "sh -s",
            stdin: pulumi.secret(script),
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
    const scheme = ca === "" ? "http" : "https";
    return [
        "set -eu",
        "umask 077",
        "if ! command -v curl >/dev/null; then",
        `    echo "${node} has no curl: whether it reaches the registry is not known" >&2`,
        "    echo unknown",
        "    exit 0",
        "fi",
        'work=$(mktemp -d "${TMPDIR:-/tmp}/siteregistry.XXXXXX")',
        `trap 'rm -rf "$work"' EXIT`,
        ...(ca === "" ? [] : [`printf %s ${quoted(ca)} >"$work/roots.crt"`]),
        ': >"$work/curl"',
        ...(login === undefined
            ? []
            : [`printf %s ${quoted(`user = "${login.name}:${login.password}"\n`)} >"$work/curl"`]),
        "set -- --silent --show-error --max-time 15 --output /dev/null --write-out '%{http_code}' --config \"$work/curl\"",
        ...(ca === "" ? [] : ['set -- "$@" --cacert "$work/roots.crt"']),
        `for host in ${hosts.map(quoted).join(" ")}; do`,
        `    if ! code=$(curl "$@" "${scheme}://$host/v2/" </dev/null) || [ "$code" != 200 ]; then`,
        `        echo "host.nodes: ${node} gets $code from ${scheme}://$host/v2/, not 200: see that it resolves the name and reaches the port" >&2`,
        "        exit 1",
        "    fi",
        "done",
        "echo reached",
        "",
    ].join("\n");
}
