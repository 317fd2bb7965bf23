import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import type { Lab } from "../../lab/lab.ts";

/** A way by SSH from a port of this host's loopback to one of the lab's machine `host1`. */
export interface Tunnel {
    close(): void;
}

/** Opens one, as a person would to reach what is behind a machine in between. `folder` is for the login's files. */
export async function tunnelTo(lab: Lab, folder: string, from: number, to: number): Promise<Tunnel> {
    const { address, port, privateKey, user } = lab.ssh();
    const key = join(folder, "key");
    writeFileSync(key, privateKey, { mode: 0o600 });
    const options = ["-o", "StrictHostKeyChecking=no", "-o", `UserKnownHostsFile=${join(folder, "known")}`];
    const forward = `127.0.0.1:${from.toString()}:127.0.0.1:${to.toString()}`;
    const login = ["-i", key, "-p", port.toString(), "-N", "-L", forward, `${user}@${address}`];
    const tunnel = spawn("ssh", [...options, ...login], { stdio: "ignore" });
    await setTimeout(1000);
    assert.equal(tunnel.exitCode, null, "there is no tunnel to the machine");
    return { close: () => void tunnel.kill() };
}
