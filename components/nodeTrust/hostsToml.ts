/**
 * The file that tells containerd how to reach one registry host and whom to believe there
 * (`<config_path>/<host>/hosts.toml`, read at each pull, so no restart:
 * https://github.com/containerd/containerd/blob/main/docs/hosts.md).
 * `url` is named twice: in a table of its own because containerd 1.6 does not heed what stands outside of one (tried),
 * and as the server, so that newer ones do not fall back to the host's own name.
 */
export function hostsToml(url: string): string {
    const quoted = JSON.stringify(url);
    // The path is relative to the file. One file may hold several roots.
    const trust = ['capabilities = ["pull", "resolve", "push"]', 'ca = ["ca.crt"]'];
    return [ownerLine, `server = ${quoted}`, ...trust, "", `[host.${quoted}]`, ...trust, ""].join("\n");
}

/** Tells a person on the node where the file comes from. */
const ownerLine = "# Written by the node trust agent of siteregistry; changes made by hand are undone.";
