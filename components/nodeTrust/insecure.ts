import { runtimes, type Runtime } from "./runtimes.ts";

/**
 * The files that have nodes believe any certificate of these hosts, by path on the node. A last resort: `host` is
 * `name[:port]` as image references have it. Throws for a runtime that reads no such files.
 */
export function insecureFiles(
    runtime: Runtime,
    registryDirectory: string,
    hosts: readonly string[],
): Record<string, string> {
    if (hosts.length > 0 && !runtimes[runtime].hostsToml)
        throw new Error(`${runtime} takes insecure registries from its own configuration alone`);
    return Object.fromEntries(hosts.map((host) => [`${registryDirectory}/${host}/hosts.toml`, hostsToml(host)]));
}

function hostsToml(host: string): string {
    const url = JSON.stringify(`https://${host === "docker.io" ? "registry-1.docker.io" : host}`);
    const trust = ['capabilities = ["pull", "resolve"]', "skip_verify = true"];
    return [
        "# Written by the node trust agent of siteregistry, since nodeTrust.insecureRegistries names this host.",
        ...[`server = ${url}`, ...trust, "", `[host.${url}]`, ...trust, ""],
    ].join("\n");
}
