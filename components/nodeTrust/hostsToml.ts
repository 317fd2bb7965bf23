/** A place that has the images of a host. */
export interface Place {
    /** `https://name-or-address[:port]`, with a path only when `overridePath` is set. */
    url: string;
    /** What it is asked for. */
    capabilities: readonly ("pull" | "resolve" | "push")[];
    /** Files with roots, relative to the hosts.toml. One file may hold several. */
    ca: readonly string[];
    /** Whether `url` has the path that containerd would add (`/v2`), and more. */
    overridePath?: boolean;
    /** Whether its certificate is believed whatever it is: the last resort. */
    skipVerify?: boolean;
    /** Value of the header `Authorization`. Secret. Heeded by containerd 2 and newer. */
    authorization?: string;
}

/**
 * The file that tells containerd how to reach one registry host and whom to believe there
 * (`<config_path>/<host>/hosts.toml`, read at each pull, so no restart:
 * https://github.com/containerd/containerd/blob/main/docs/hosts.md).
 * `server` is asked last: a place, or the URL of the host itself. A place is named twice: in a table of its own because
 * containerd 1.6 does not heed what stands outside of one (tried), and as the server, so that newer ones do not fall back
 * to the host's own name. `line` is the comment at its top.
 */
export function hostsToml(places: readonly Place[], server: Place | string, line = ownerLine): string {
    const last = typeof server === "string" ? [`server = ${JSON.stringify(server)}`] : serverLines(server);
    return [line, ...last, "", ...places.flatMap(table)].join("\n");
}

function serverLines(place: Place): string[] {
    const header = place.authorization === undefined ? [] : ["", "[header]", authorizationLine(place.authorization)];
    return [`server = ${JSON.stringify(place.url)}`, ...keys(place), ...header];
}

function table(place: Place): string[] {
    const name = `host.${JSON.stringify(place.url)}`;
    const { authorization } = place;
    const header = authorization === undefined ? [] : [`[${name}.header]`, authorizationLine(authorization), ""];
    return [`[${name}]`, ...keys(place), "", ...header];
}

function keys({ capabilities, ca, overridePath, skipVerify }: Place): string[] {
    return [
        `capabilities = ${list(capabilities)}`,
        ...(ca.length === 0 ? [] : [`ca = ${list(ca)}`]),
        ...(overridePath === true ? ["override_path = true"] : []),
        ...(skipVerify === true ? ["skip_verify = true"] : []),
    ];
}

function authorizationLine(value: string): string {
    return `Authorization = ${JSON.stringify(value)}`;
}

function list(values: readonly string[]): string {
    return `[${values.map((value) => JSON.stringify(value)).join(", ")}]`;
}

/** Tells a person on the node where the file comes from. The agent knows its own files by it (`agent/head.sh`). */
const ownerLine = "# Written by the node trust agent of siteregistry; changes made by hand are undone.";

/** Where containerd finds a host of which it was told nothing. */
export function ownUrl(host: string): string {
    return host === "docker.io" ? "https://registry-1.docker.io" : `https://${host}`;
}
