import { hostsToml, ownUrl, type Place } from "./hostsToml.ts";
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
    return Object.fromEntries(
        hosts.map((host) => {
            const place: Place = { url: ownUrl(host), capabilities: ["pull", "resolve"], ca: [], skipVerify: true };
            return [`${registryDirectory}/${host}/hosts.toml`, hostsToml([place], place, reason)];
        }),
    );
}

const reason = "# Written by the node trust agent of siteregistry, since nodeTrust.insecureRegistries names this host.";
