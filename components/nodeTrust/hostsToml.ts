/**
 * The file that tells containerd how to reach one registry host and whom to believe there
 * (`<config_path>/<host>/hosts.toml`, read at each pull, so no restart:
 * https://github.com/containerd/containerd/blob/main/docs/hosts.md).
 * `url` is the only place the host is looked for: there is no fall-back to the name itself.
 */
export function hostsToml(url: string): string {
    // The path is relative to the file. One file may hold several roots.
    return `${ownerLine}\nserver = ${JSON.stringify(url)}\nca = ["ca.crt"]\ncapabilities = ["pull", "resolve", "push"]\n`;
}

/** Tells a person on the node where the file comes from. */
const ownerLine = "# Written by the node trust agent of siteregistry; changes made by hand are undone.";
