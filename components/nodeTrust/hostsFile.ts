/** A name that machines shall know without DNS. */
export interface HostsEntry {
    /** Name, without a port. */
    host: string;
    /** IPv4 or IPv6 address. */
    address: string;
}

/**
 * Lines for `/etc/hosts`, between marks by which the agent finds them again (`agent/hosts.sh` has the same).
 * `owner` is the name of the trust: each has a block of its own. Empty without entries.
 */
export function hostsBlock(owner: string, entries: readonly HostsEntry[]): string {
    if (entries.length === 0) return "";
    const lines = entries.map(({ address, host }) => `${address} ${host}`);
    return [`# begin siteregistry ${owner}`, ...lines, `# end siteregistry ${owner}`, ""].join("\n");
}
