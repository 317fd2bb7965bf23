import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { createGroup } from "../machines/cgroups.ts";
import { eventually, Refusal } from "../machines/command.ts";
import { labId, stateDir } from "../paths.ts";
import { relaySocket } from "./controlPlane.ts";

/** The name of the relays' cgroup: the only processes of the lab that run on the host itself. */
export const relayGroup = "relay";

/** Ports tried, and how many: above those of services, below those the kernel gives to clients. */
const firstPort = 20_000;
const portRange = 12_000;
const attempts = 50;

/** The longest path a socket can have. */
const longestSocketPath = 107;

/** The directory that the machines reached from the host share with it: one socket for each of them. */
export function relayDirectory(): string {
    return join(stateDir(), "relay");
}

/** Refuses a state directory whose path is too long for the socket in it. */
export function checkRelayDirectory(): void {
    const path = join(relayDirectory(), relaySocket);
    if (path.length <= longestSocketPath) return;
    throw new Refusal(
        `${path} is too long a path for a socket.`,
        "Set XDG_STATE_HOME to a directory with a shorter path.",
    );
}

/** A free port of this host's loopback besides those taken, the same for this checkout as long as nobody else takes it. */
export async function choosePort(taken: readonly number[] = []): Promise<number> {
    const start = Number.parseInt(labId(), 16) % portRange;
    for (let attempt = 0; attempt < attempts; attempt++) {
        const port = firstPort + ((start + attempt) % portRange);
        if (!taken.includes(port) && (await isFree(port))) return port;
    }
    throw new Refusal(
        `None of the ${attempts.toString()} ports from ${(firstPort + start).toString()} on is free on 127.0.0.1.`,
        "End what listens there (see: ss -ltnp), and try again.",
    );
}

/** Starts the host's end of the way to a machine's socket. It listens on loopback only. */
export async function startRelay(port: number, name: string): Promise<void> {
    const socket = join(relayDirectory(), name);
    const joinGroups = join(import.meta.dirname, "..", "machines", "join.sh");
    const listen = `TCP-LISTEN:${port.toString()},bind=127.0.0.1,fork,reuseaddr,nodelay`;
    const argv = [joinGroups, ...createGroup(relayGroup), "--", "socat", listen, `UNIX-CONNECT:${socket}`];
    const child = spawn("sh", argv, { detached: true, stdio: "ignore" });
    child.unref();
    await eventually(`listening on 127.0.0.1:${port.toString()}`, 10, async () => !(await isFree(port)));
}

function isFree(port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const server = createServer();
        server.once("error", () => {
            resolve(false);
        });
        server.listen({ port, host: "127.0.0.1" }, () => {
            server.close(() => {
                resolve(true);
            });
        });
    });
}
