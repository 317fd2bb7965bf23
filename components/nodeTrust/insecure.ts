import { hostsToml, ownUrl, type Place } from "./hostsToml.ts";
import { runtimes, type Runtime } from "./runtimes.ts";

/**
 * The files that have nodes believe any certificate of these hosts, and take plain HTTP where there is no TLS, by path on
 * the node. A last resort, and what dockerd means by an insecure registry: `host` is `name[:port]` as image references have
 * it. Throws for a runtime that reads no such files.
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
            const url = ownUrl(host);
            const place: Place = { url, capabilities: ["pull", "resolve"], ca: [], skipVerify: true };
            // Asked after the other one. A certificate's check is not left out there: containerd would try TLS once more.
            const plain: Place = { url: url.replace(/^https:/, "http:"), capabilities: ["pull", "resolve"], ca: [] };
            return [`${registryDirectory}/${host}/hosts.toml`, hostsToml([place, plain], plain, reason)];
        }),
    );
}

const reason = "# Written by the node trust agent of siteregistry, since nodeTrust.insecureRegistries names this host.";
