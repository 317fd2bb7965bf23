import { unitFile } from "./unit.ts";

/** Inside a machine: the directory that the host shares with it, in which the sockets of the relay are. */
export const relayDir = "/var/lib/lab-relay";

/** The machine's end of the host's way to a port of it: a socket in a directory crosses network namespaces, a port does not. */
export function relayUnit(name: string, address: string, port: number): string {
    const socket = `UNIX-LISTEN:${relayDir}/${name},fork,unlink-early,mode=0600`;
    return unitFile({
        description: `way from the host to ${address}:${port.toString()}`,
        argv: ["/usr/bin/socat", socket, `TCP:${address}:${port.toString()},nodelay`],
    });
}
