import { existsSync, readdirSync, readFileSync, readlinkSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { cacheDir, stateDir } from "../paths.ts";
import type { Report } from "../report.ts";
import { haveBaseRoot } from "./baseRoot.ts";
import { missingControllers } from "./cgroups.ts";
import { must, Refusal, run } from "./command.ts";

/** Free space a first run needs (root, build cache, programs, images), and a later one, in GiB. */
const diskNeeded = { cold: 10, warm: 3 };

/** What the systemds, kubelets, control plane and add-ons of one lab hold open (50, measured), and some for pods. */
const watchesNeeded = 60;

/** Programs of the host the lab uses, and the Debian package each comes from. */
const programs: Readonly<Record<string, string>> = {
    debootstrap: "debootstrap",
    ip: "iproute2",
    nsenter: "util-linux",
    openssl: "openssl",
    setpriv: "util-linux",
    socat: "socat",
    unshare: "util-linux",
};

/** There when the kernel passes bridged packets to iptables, which services of pods on one node depend on. */
const bridgeSettings = "/proc/sys/net/bridge";

/** Refuses, before anything is made, what could not work on this host; installs the few programs it lacks. */
export async function checkHost(report: Report): Promise<void> {
    requireRoot();
    checkDisk();
    await installPrograms(report);
    await checkKernel();
}

/** Refuses to go on as anyone but root. */
export function requireRoot(): void {
    if (process.getuid?.() === 0) return;
    throw new Refusal(
        "The lab makes namespaces, mounts and cgroups, and needs root for that.",
        "Run the command again as root (sudo), or set KUBECONFIG to use a cluster of your own.",
    );
}

function checkDisk(): void {
    const needed = haveBaseRoot() ? diskNeeded.warm : diskNeeded.cold;
    for (const [directory, variable] of [
        [cacheDir(), "XDG_CACHE_HOME"],
        [stateDir(), "XDG_STATE_HOME"],
    ] as const) {
        const { bavail, bsize } = statfsSync(existing(directory));
        const free = (bavail * bsize) / 2 ** 30;
        if (free < needed) {
            throw new Refusal(
                `${directory} has ${free.toFixed(1)} GiB free; the lab needs ${needed.toString()} GiB.`,
                `Free some space there, or set ${variable} to a directory on a larger disk.`,
            );
        }
    }
}

/** The directory, or the nearest one above it: a check makes nothing. */
function existing(directory: string): string {
    return existsSync(directory) ? directory : existing(dirname(directory));
}

async function installPrograms(report: Report): Promise<void> {
    const missing: string[] = [];
    for (const [program, from] of Object.entries(programs)) {
        if ((await run(["sh", "-c", 'command -v "$1"', "sh", program])).code !== 0) missing.push(from);
    }
    if (missing.length === 0) return;
    const install = ["apt-get", "install", "--yes", "--no-install-recommends", ...new Set(missing)];
    if (!existsSync("/usr/bin/apt-get")) {
        throw new Refusal(
            `This host lacks programs the lab needs: ${missing.join(", ")}.`,
            "Install these packages; where there is no apt-get the lab cannot do it itself.",
        );
    }
    await report.stage(`installing ${missing.join(", ")} on this host`, async () => {
        await must(["apt-get", "update"]);
        await must(install);
    });
}

/** Refuses a host whose programs watch so many files already that the machines' own watches would fail, one by one and late. */
export function checkWatches(): void {
    const limitFile = "/proc/sys/fs/inotify/max_user_instances";
    const limit = Number(readFileSync(limitFile, "utf8"));
    const used = readdirSync("/proc").filter(isNumber).flatMap(openFiles).filter(isWatch).length;
    if (limit - used >= watchesNeeded) return;
    throw new Refusal(
        `${used.toString()} of the ${limit.toString()} inotify instances of this host are in use; the lab needs ${watchesNeeded.toString()} more.`,
        `Take down the lab of another checkout, or raise the limit: echo 1024 >${limitFile}`,
    );
}

function isNumber(name: string): boolean {
    return /^\d+$/.test(name);
}

function isWatch(target: string): boolean {
    return target === "anon_inode:inotify";
}

/** What a process has open; nothing when it has just ended. */
function openFiles(pid: string): string[] {
    try {
        return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    } catch {
        return [];
    }
}

async function checkKernel(): Promise<void> {
    const missing: string[] = [];
    // Both are tried where nothing of the host is touched: in a mount and network namespace that ends with the command.
    const overlay =
        'mount -t tmpfs tmpfs /mnt && cd /mnt && mkdir l u w m && mount -t overlay -o "lowerdir=l,upperdir=u,workdir=w" overlay m';
    if ((await run(["unshare", "--mount", "sh", "-c", overlay])).code !== 0)
        missing.push("overlayfs (CONFIG_OVERLAY_FS)");
    const links = "ip link add lab-a type veth peer name lab-b && ip link add lab-c type bridge";
    if ((await run(["unshare", "--net", "sh", "-c", links])).code !== 0)
        missing.push("veth and bridge links (CONFIG_VETH, CONFIG_BRIDGE)");
    const namespaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--fork"];
    if ((await run(["unshare", ...namespaces, "true"])).code !== 0) missing.push("namespaces (CONFIG_*_NS)");
    // Unlike the others it is not loaded by its first use.
    if (!existsSync(bridgeSettings)) await run(["modprobe", "br_netfilter"]);
    if (!existsSync(bridgeSettings)) missing.push("br_netfilter (CONFIG_BRIDGE_NETFILTER)");
    const controllers = missingControllers();
    if (controllers.length > 0) missing.push(`cgroup controllers ${controllers.join(", ")}`);
    if (missing.length > 0) {
        const kernel = readFileSync("/proc/sys/kernel/osrelease", "utf8").trim();
        throw new Refusal(
            `This host's kernel (${kernel}) does not offer: ${missing.join("; ")}.`,
            "Load the modules (modprobe -a overlay veth bridge br_netfilter), use a machine whose kernel has them, or set KUBECONFIG to use a cluster of your own.",
        );
    }
}
