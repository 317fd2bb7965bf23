import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { labId } from "../paths.ts";

/** One cgroup hierarchy of this host. */
interface Hierarchy {
    /** Where the host has it mounted. */
    readonly directory: string;
    /** What mounts the same hierarchy again: its controllers or its name; `unified` for version 2. */
    readonly options: string;
}

/** Mount options that are not the name of a controller. */
const plainOptions = new Set(["rw", "ro", "xattr", "nsdelegate", "memory_recursiveprot", "favordynmods"]);

/** What kubelet and containerd limit and count; without them no pod starts. */
const needed = ["cpu", "cpuset", "memory", "pids"];

/** The hierarchies a machine gets its own part of: every one of version 1, or else the one of version 2. */
export function hierarchies(): Hierarchy[] {
    return hierarchiesIn(readFileSync("/proc/self/mountinfo", "utf8"), (directory) =>
        existsSync(join(directory, "cgroup.procs")),
    );
}

/** What a mount table says of them; `visible` tells whether a hierarchy can be reached where it is mounted. */
export function hierarchiesIn(mountinfo: string, visible: (directory: string) => boolean): Hierarchy[] {
    const v1: Hierarchy[] = [];
    const v2: Hierarchy[] = [];
    for (const line of mountinfo.split("\n")) {
        const [before = "", after = ""] = line.split(" - ");
        const directory = before.split(" ")[4] ?? "";
        const [type, , superOptions = ""] = after.split(" ");
        if (type === "cgroup2") v2.push({ directory, options: "unified" });
        if (type === "cgroup" && visible(directory)) {
            const options = superOptions
                .split(",")
                .filter((option) => !plainOptions.has(option) && !option.includes("release_agent"));
            v1.push({ directory, options: options.join(",") });
        }
    }
    // The same tree may be mounted once more for somebody's own use.
    return v1.some(({ options }) => options.includes("memory")) ? v1 : v2.slice(0, 1);
}

/** The controllers a machine needs and this host does not offer. */
export function missingControllers(): string[] {
    const offered = hierarchies().flatMap(({ directory, options }) =>
        options === "unified"
            ? readFileSync(join(directory, "cgroup.controllers"), "utf8").trim().split(" ")
            : options.split(","),
    );
    return needed.filter((controller) => !offered.includes(controller));
}

/** The name of the group of one machine (or of the host's end of the relay). It starts with the lab's own prefix. */
function groupName(machine: string): string {
    return `${groupPrefix()}${machine}`;
}

function groupPrefix(): string {
    return `siteregistry-${labId()}-`;
}

/** Makes the group in every hierarchy and returns its directories. */
export function createGroup(machine: string): string[] {
    return hierarchies().map(({ directory, options }) => {
        const group = join(directory, groupName(machine));
        if (options === "unified") {
            writeFileSync(
                join(directory, "cgroup.subtree_control"),
                needed.map((controller) => `+${controller}`).join(" "),
            );
        }
        mkdirSync(group, { recursive: true });
        if (options.split(",").includes("cpuset")) {
            // A new cpuset of version 1 has neither processors nor memory, and takes no process until it does.
            for (const file of ["cpuset.cpus", "cpuset.mems"]) {
                writeFileSync(join(group, file), readFileSync(join(directory, file), "utf8"));
            }
        }
        return group;
    });
}

/** Every machine that has a group, running or left behind. */
export function groups(): string[] {
    const names = hierarchies().flatMap(({ directory }) =>
        readdirSync(directory).filter((entry) => entry.startsWith(groupPrefix())),
    );
    return [...new Set(names)].map((name) => name.slice(groupPrefix().length));
}

/** Whether a process belongs to a machine: its own groups say so, and unlike a bare PID they cannot be someone else's. */
export function inGroup(pid: number, machine: string): boolean {
    try {
        return isMember(readFileSync(`/proc/${pid.toString()}/cgroup`, "utf8"), groupName(machine));
    } catch {
        return false;
    }
}

/** Whether the groups of a process, as the kernel lists them, include this one or one inside of it. */
export function isMember(listed: string, group: string): boolean {
    return listed.split("\n").some((line) => line.split(":").slice(2).join(":").split("/").includes(group));
}

/** Ends every process of a machine and removes its groups. */
export async function removeGroup(machine: string): Promise<void> {
    const deadline = performance.now() + 15_000;
    const directories = hierarchies().map(({ directory }) => join(directory, groupName(machine)));
    for (;;) {
        const left = directories.filter((directory) => existsSync(directory));
        if (left.length === 0) return;
        if (performance.now() > deadline)
            throw new Error(`cgroups of ${machine} cannot be removed: ${left.join(", ")}`);
        for (const directory of left) emptyAndRemove(directory);
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

/** One attempt: processes die in their own time, so what is still busy is left for the next attempt. */
function emptyAndRemove(directory: string): void {
    try {
        for (const pid of readFileSync(join(directory, "cgroup.procs"), "utf8").split("\n").map(Number)) {
            // 0 would be this very process group: what the kernel shows for a process of a foreign PID namespace.
            if (pid > 0) process.kill(pid, "SIGKILL");
        }
        for (const entry of readdirSync(directory, { withFileTypes: true })) {
            if (entry.isDirectory()) emptyAndRemove(join(directory, entry.name));
        }
        rmdirSync(directory);
    } catch {
        return;
    }
}
