import { createHash } from "node:crypto";
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    renameSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../paths.ts";
import type { Report } from "../report.ts";
import { must, Refusal, run } from "./command.ts";

const suite = "bookworm";

/** What every machine has installed. The same root serves all of them; which of it runs is decided by each machine's units. */
const packages = [
    "buildah",
    "busybox-static",
    "ca-certificates",
    "conntrack",
    "containerd",
    "containernetworking-plugins",
    "curl",
    "dbus",
    "docker.io",
    "etcd-server",
    "ethtool",
    "iproute2",
    "iptables",
    "kmod",
    "nginx-light",
    "openssh-server",
    "openssl",
    "podman",
    "procps",
    "redis-server",
    "runc",
    "skopeo",
    "socat",
    "sudo",
    "systemd",
    "systemd-sysv",
];

/** Started by Debian's own choice, but a machine starts services by its role and does no housekeeping. */
const disabled = [
    "containerd.service",
    "docker.service",
    "docker.socket",
    "e2scrub_reap.service",
    "etcd.service",
    "nginx.service",
    "podman.service",
    "podman.socket",
    "podman-auto-update.service",
    "podman-restart.service",
    "redis-server.service",
    "remote-fs.target",
    "ssh.service",
    "ssh.socket",
    "sshd.service",
];

/** Would show a machine the host's kernel and its memory; a machine has no use for either. */
const masked = ["dev-hugepages.mount", "sys-kernel-debug.mount", "sys-kernel-tracing.mount", "systemd-logind.service"];

/** Changes when the content would, so that an older root is never mistaken for this one. */
const recipe = "4";

/** Directory of the base root, whether it exists already or not. */
export function baseRootDir(): string {
    const key = createHash("sha256")
        .update([recipe, suite, ...packages].join("\n"))
        .digest("hex")
        .slice(0, 12);
    return join(cacheDir(), "rootfs", `${suite}-${key}`);
}

/** Whether the base root is in the cache, complete. A root that was left half-built never has this name. */
export function haveBaseRoot(): boolean {
    return existsSync(baseRootDir());
}

/** Makes sure that the base root is in the cache, and returns its directory. */
export async function ensureBaseRoot(report: Report): Promise<string> {
    const directory = baseRootDir();
    if (haveBaseRoot()) return directory;
    const parent = join(directory, "..");
    mkdirSync(parent, { recursive: true });
    removeHalfBuilt(parent);
    const building = mkdtempSync(join(parent, `building-${process.pid.toString()}-`));
    try {
        await report.stage(`Debian ${suite} root of the machines`, () => debootstrap(building, report));
        settle(building);
        renameSync(building, directory);
    } catch (error) {
        rmSync(building, { recursive: true, force: true });
        throw error;
    }
    return directory;
}

/** What a killed run left; what another checkout is building just now belongs to a process that lives, and stays. */
function removeHalfBuilt(parent: string): void {
    for (const entry of readdirSync(parent)) {
        const pid = /^building-(\d+)-/.exec(entry)?.[1];
        if (pid !== undefined && !existsSync(`/proc/${pid}`))
            rmSync(join(parent, entry), { recursive: true, force: true });
    }
}

async function debootstrap(directory: string, report: Report): Promise<void> {
    let counted = 0;
    const onOutput = (text: string): void => {
        const before = counted;
        counted += (text.match(/^I: (Retrieving|Unpacking|Configuring) /gm) ?? []).length;
        if (Math.floor(before / 100) !== Math.floor(counted / 100))
            report.say(`    ${counted.toString()} package steps done`);
    };
    const include = `--include=${packages.join(",")}`;
    // In namespaces of its own, and killed with this process: a run that is killed leaves neither mounts nor a writer behind.
    const alone = [
        "setpriv",
        "--pdeathsig",
        "KILL",
        "unshare",
        "--mount",
        "--pid",
        "--mount-proc",
        "--fork",
        "--kill-child",
    ];
    const command = ["debootstrap", "--variant=minbase", include, suite, directory, await debianMirror()];
    await must([...alone, ...command], { onOutput });
}

/** The mirror this host itself installs from: it is the one that can be reached from here. */
async function debianMirror(): Promise<string> {
    const wanted = [`Codename: ${suite}`, "Origin: Debian", "Component: main", "Identifier: Packages"];
    const found = await run(["apt-get", "indextargets", "--format", "$(REPO_URI)", ...wanted]);
    const [mirror = ""] = found.stdout.split("\n");
    if (mirror !== "") return mirror;
    throw new Refusal(
        `apt knows no Debian ${suite} mirror, and the machines of the lab are installed from one.`,
        `Add a line like "deb <mirror>/debian ${suite} main" to /etc/apt/sources.list, run "apt-get update", and try again.`,
    );
}

/** Turns the installed root into one that starts nothing unasked and whose machines get an identity of their own. */
function settle(directory: string): void {
    const units = join(directory, "etc/systemd/system");
    for (const unit of disabled) {
        for (const target of ["multi-user.target.wants", "sockets.target.wants", "default.target.wants"]) {
            rmSync(join(units, target, unit), { force: true });
        }
    }
    for (const unit of masked) symlinkSync("/dev/null", join(units, unit));
    for (const wants of ["timers.target.wants", "getty.target.wants"]) {
        rmSync(join(units, wants), { recursive: true, force: true });
    }
    rmSync(join(directory, "etc/machine-id"), { force: true });
    rmSync(join(directory, "etc/hostname"), { force: true });
    for (const file of readdirSync(join(directory, "etc/ssh"))) {
        if (file.startsWith("ssh_host_")) rmSync(join(directory, "etc/ssh", file));
    }
    rmSync(join(directory, "var/cache/apt/archives"), { recursive: true, force: true });
    mkdirSync(join(directory, "etc/containerd/certs.d"), { recursive: true });
    // There is no name server anywhere in the lab but the cluster's own.
    writeFileSync(join(directory, "etc/resolv.conf"), "# no name server\n");
}
