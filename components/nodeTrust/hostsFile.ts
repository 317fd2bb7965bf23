/** Stub until part A. */
export function hostsBlock(owner: string, entries: readonly { address: string; host: string }[]): string {
    return [`# begin ${owner}`, ...entries.map((e) => `${e.address} ${e.host}`), `# end ${owner}`, ""].join("\n");
}
