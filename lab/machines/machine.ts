import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { namespacePath } from "../network/namespaces.ts";
import { labId, stateDir } from "../paths.ts";
import { createGroup, hierarchies, inGroup, removeGroup } from "./cgroups.ts";
import { eventually, run } from "./command.ts";
import type { Result, RunOptions } from "./command.ts";

/** A directory of the host that a machine sees. */
export interface Bind {
    readonly source: string;
    readonly target: string;
    readonly mode: "ro" | "rw";
}

/** What a machine is made of, besides the base root. */
export interface MachineSpec {
    readonly name: string;
    /** Files by absolute path; those that hold keys are readable by root alone, as all of a machine's are. */
    readonly files: Readonly<Record<string, string>>;
    /** systemd units to start at boot. */
    readonly units: readonly string[];
    readonly binds: readonly Bind[];
    /** Directories that need a real file system below them: an overlay cannot carry containerd's own overlays. */
    readonly data: readonly string[];
}

/** What programs find in a machine unless they are told otherwise. */
const environment = {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: "/root",
    LANG: "C.UTF-8",
};

/** Where a machine's own files are kept on the host. */
export function machineDir(name: string): string {
    return join(stateDir(), "machines", name);
}

/** The names a machine knows without a name server: its own. */
export function hostsFile(name: string): string {
    return `127.0.0.1 localhost\n127.0.1.1 ${name}\n`;
}

/** Writes a new machine's own files: its disk, as it were, before the first boot. */
export function createMachine(spec: MachineSpec): void {
    const home = machineDir(spec.name);
    const upper = join(home, "upper");
    for (const directory of ["upper", "work", "root"]) mkdirSync(join(home, directory), { recursive: true });
    const machineId = createHash("sha256").update(`${labId()} ${spec.name}`).digest("hex").slice(0, 32);
    const own = {
        "/etc/hostname": `${spec.name}\n`,
        "/etc/machine-id": `${machineId}\n`,
        "/etc/hosts": hostsFile(spec.name),
    };
    const files = { ...own, ...spec.files };
    for (const [path, content] of Object.entries(files)) {
        mkdirSync(dirname(join(upper, path)), { recursive: true });
        writeFileSync(join(upper, path), content, { mode: holdsKey(content) ? 0o600 : 0o644 });
    }
    const wants = join(upper, "etc/systemd/system/multi-user.target.wants");
    mkdirSync(wants, { recursive: true });
    for (const unit of spec.units) {
        const isOwn = existsSync(join(upper, "etc/systemd/system", unit));
        symlinkSync(`${isOwn ? "/etc" : "/lib"}/systemd/system/${unit}`, join(wants, unit));
    }
    for (const path of spec.data) mkdirSync(dataDir(spec.name, path), { recursive: true });
    const binds = [
        ...spec.binds,
        ...spec.data.map((path): Bind => ({ source: dataDir(spec.name, path), target: path, mode: "rw" })),
    ];
    writeFileSync(join(home, "binds.json"), JSON.stringify(binds));
}

/** Boots a machine that was created, now or by an earlier run, and waits until its systemd takes commands. */
export async function bootMachine(name: string, base: string): Promise<void> {
    const home = machineDir(name);
    await removeGroup(name);
    rmSync(join(home, "pid"), { force: true });
    const binds = JSON.parse(readFileSync(join(home, "binds.json"), "utf8")) as Bind[];
    const cgroups = hierarchies().map(({ options }) => options);
    const scripts = import.meta.dirname;
    const log = openSync(join(home, "console.log"), "a");
    const argv = [
        join(scripts, "join.sh"),
        ...createGroup(name),
        "--",
        ...["nsenter", `--net=${namespacePath(name)}`],
        ...["unshare", "--mount", "--uts", "--ipc", "--pid", "--cgroup", "--fork", "--kill-child"],
        ...["sh", join(scripts, "boot.sh"), name, base, home, cgroups.join(" ")],
        ...binds.map(({ source, target, mode }) => `${source}:${target}:${mode}`),
    ];
    // Detached: a machine outlives the command that booted it.
    spawn("sh", argv, { detached: true, stdio: ["ignore", log, log] }).unref();
    closeSync(log);
    let state = "";
    try {
        await eventually(`booting ${name}`, 60, async () => {
            if (machinePid(name) === undefined) return false;
            state = (await execIn(name, ["systemctl", "is-system-running"])).stdout.trim();
            return ["starting", "running", "degraded"].includes(state);
        });
    } catch (error) {
        const said = readFileSync(join(home, "console.log"), "utf8").slice(-2000);
        throw new Error(
            `${error instanceof Error ? error.message : String(error)} (systemd says "${state}")\n${said}`,
            { cause: error },
        );
    }
}

/** The host's PID of a machine's init, when the machine runs. */
export function machinePid(name: string): number | undefined {
    const file = join(machineDir(name), "pid");
    if (!existsSync(file)) return undefined;
    const pid = Number(readFileSync(file, "utf8"));
    return pid > 0 && inGroup(pid, name) ? pid : undefined;
}

/** Runs a command in a machine, as root. */
export async function execIn(name: string, argv: readonly string[], options: RunOptions = {}): Promise<Result> {
    return run(enter(name, argv), { ...options, env: { ...environment, ...options.env } });
}

/** The command on the host that runs a command in a machine. */
export function enter(name: string, argv: readonly string[]): string[] {
    const pid = machinePid(name);
    if (pid === undefined) throw new Error(`machine ${name} does not run`);
    const namespaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd"];
    return ["nsenter", "--target", pid.toString(), ...namespaces, "--", ...argv];
}

/** Pulls a machine's plug: everything in it dies at once, its disk stays. */
export async function stopMachine(name: string): Promise<void> {
    await removeGroup(name);
}

/** Copies a file of the host into a running machine. */
export async function copyInto(name: string, source: string, target: string): Promise<void> {
    // Written from inside: seen from the host, the machine's absolute symlinks would lead into the host's own files.
    const write = 'mkdir -p "$(dirname "$1")" && cat >"$1"';
    const result = await execIn(name, ["sh", "-c", write, "sh", target], { inputFile: source });
    if (result.code !== 0) throw new Error(`copying ${source} to ${name}:${target}: ${result.stderr.trim()}`);
}

function dataDir(name: string, path: string): string {
    return join(machineDir(name), "data", path.replaceAll("/", "-").slice(1));
}

/** Keys stand in files of their own, and inside kubeconfigs. */
function holdsKey(content: string): boolean {
    return content.includes("PRIVATE KEY") || content.includes("client-key-data");
}
