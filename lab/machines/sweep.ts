import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { namespaces, removeNamespaces } from "../network/namespaces.ts";
import { stateDir } from "../paths.ts";
import { groups, removeGroup } from "./cgroups.ts";

/** What the lab keeps in its state directory; whatever else is there belongs to others. */
export const labState = ["machines", "relay", "certificates", "lab.json", "kubeconfig", "ssh.json"];

/** Removes all that a lab of this checkout has or had: running, half-made, or left behind by a run that died. */
export async function sweep(): Promise<void> {
    // Everything the lab starts is in a cgroup of its own from its first moment, so this finds every process,
    // and never one that has been given the PID of a dead one. Mounts live in the machines' namespaces and go with them.
    await Promise.all(groups().map(removeGroup));
    await removeNamespaces();
    for (const entry of labState) rmSync(join(stateDir(), entry), { recursive: true, force: true });
}

/** What is still there of a lab that was removed: nothing, or a list of what to look at. */
export function leftOvers(): string[] {
    const mounts = mountsBelow(stateDir(), readFileSync("/proc/self/mountinfo", "utf8"));
    return [
        ...groups().map((name) => `cgroup of ${name}`),
        ...namespaces().map((name) => `network namespace ${name}`),
        ...mounts.map((target) => `mount ${target}`),
    ];
}

/** Where something is mounted below a directory. */
export function mountsBelow(directory: string, mountinfo: string): string[] {
    return mountinfo
        .split("\n")
        .map((line) => line.split(" ")[4] ?? "")
        .filter((target) => target.startsWith(`${directory}/`));
}
