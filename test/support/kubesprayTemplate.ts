import { parse } from "yaml";

/** One registry of `containerd_registries_mirrors`, as the group_vars have it. */
interface Mirror {
    prefix: string;
    server?: string;
    mirrors: {
        host: string;
        capabilities: string[];
        skip_verify: boolean;
        ca?: string;
        header?: Record<string, string[]>;
    }[];
}

/**
 * The hosts.toml that kubespray 2.31 writes for each registry of the group_vars, by prefix: what its template
 * roles/container-engine/containerd/templates/hosts.toml.j2 says, for the keys that are used here. `login` stands for what Ansible
 * makes of the one expression in them.
 */
export function hostsTomlOf(groupVars: string, login: { user: string; password: string }): Record<string, string> {
    const { containerd_registries_mirrors: all } = parse(groupVars) as { containerd_registries_mirrors: Mirror[] };
    const basic = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString("base64")}`;
    return Object.fromEntries(
        all.map(({ prefix, server = `https://${prefix}`, mirrors }) => [
            prefix,
            [
                `server = "${server}"`,
                ...mirrors.flatMap(({ host, capabilities, skip_verify, ca, header = {} }) => [
                    `[host."${host}"]`,
                    `  capabilities = ["${capabilities.join('","')}"]`,
                    `  skip_verify = ${String(skip_verify)}`,
                    ...(ca === undefined ? [] : [`  ca = ["${ca}"]`]),
                    ...Object.entries(header).flatMap(([name, values]) => [
                        `  [host."${host}".header]`,
                        `    ${name} = [${values.map((value) => `"${value.replace(/^Basic \{\{.*\}\}$/, basic)}"`).join(",")}]`,
                    ]),
                ]),
                "",
            ].join("\n"),
        ]),
    );
}
