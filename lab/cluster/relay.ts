import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { createGroup } from "../machines/cgroups.ts";
import { eventually, Refusal } from "../machines/command.ts";
import { labId, stateDir } from "../paths.ts";
import { relaySocket } from "./controlPlane.ts";

/** The name of the relay's cgroup: the one process of the lab that runs on the host itself. */
export const relayGroup = "relay";

/** Ports tried, and how many: above those of services, below those the kernel gives to clients. */
const firstPort = 20_000;
const portRange = 12_000;
const attempts = 50;

/** The longest path a socket can have. */
const longestSocketPath = 107;

/** The directory the control plane shares with the host. */
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

/** A free port of this host's loopback, the same for this checkout as long as nobody else takes it. */
export async function choosePort(): Promise<number> {
    const start = Number.parseInt(labId(), 16) % portRange;
    for (let attempt = 0; attempt < attempts; attempt++) {
        const port = firstPort + ((start + attempt) % portRange);
        if (await isFree(port)) return port;
    }
    throw new Refusal(
        `None of the ${attempts.toString()} ports from ${(firstPort + start).toString()} on is free on 127.0.0.1.`,
        "End what listens there (see: ss -ltnp), and try again.",
    );
}

/** Starts the host's end of the way to the API server. It listens on loopback only. */
export async function startRelay(port: number): Promise<void> {
    const socket = join(relayDirectory(), relaySocket);
    const joinGroups = join(import.meta.dirname, "..", "machines", "join.sh");
    const listen = `TCP-LISTEN:${port.toString()},bind=127.0.0.1,fork,reuseaddr`;
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
