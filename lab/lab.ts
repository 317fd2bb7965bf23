import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { applyAddons } from "./addons/addons.ts";
import { makeCertificates } from "./cluster/certificates.ts";
import { controlPlaneMachine, relaySocket } from "./cluster/controlPlane.ts";
import { admitUsers, hostMachine, sshSocket } from "./cluster/host.ts";
import type { SshAccess } from "./cluster/host.ts";
import { kubeconfig } from "./cluster/kubeconfig.ts";
import { nodeMachine } from "./cluster/node.ts";
import { checkRelayDirectory, choosePort, relayDirectory, startRelay } from "./cluster/relay.ts";
import { apiAnswers, nodesReady, readyNodes } from "./cluster/wait.ts";
import { demoImageName } from "./images/demo.ts";
import { ensureImages, imagePackages } from "./images/images.ts";
import { pauseImageName } from "./images/pause.ts";
import { ensureBaseRoot } from "./machines/baseRoot.ts";
import { eventually, must, run } from "./machines/command.ts";
import type { Result } from "./machines/command.ts";
import { checkHost, checkWatches, requireRoot } from "./machines/hostCheck.ts";
import { locked } from "./machines/lock.ts";
import * as machine from "./machines/machine.ts";
import { leftOvers, sweep } from "./machines/sweep.ts";
import { clearRules, createNamespaces } from "./network/namespaces.ts";
import * as plan from "./network/plan.ts";
import { ensurePackages } from "./packages.ts";
import { labId, stateDir } from "./paths.ts";
import type { Report } from "./report.ts";

/** What later commands need to know of a lab that was brought up. Written when it is complete, never before. */
interface State {
    readonly base: string;
    /** Directory of the programs of Kubernetes. */
    readonly kubernetes: string;
    readonly port: number;
    /** Directory of the programs of containerd 2, when one of the nodes has it. */
    readonly containerd: string | undefined;
    /** The port of the host's loopback that leads to the SSH server of the machine that is no node. */
    readonly sshPort: number;
    /** Paths of the image archives, by image name. */
    readonly archives: Readonly<Record<string, string>>;
}

/** A running lab. */
export interface Lab {
    readonly id: string;
    /** Path of a kubeconfig that reaches the cluster from this host. */
    readonly kubeconfig: string;
    /** The kubectl of the cluster's own version. */
    readonly kubectlPath: string;
    /** The machines that run pods. */
    readonly nodes: readonly string[];
    /** Paths on this host of docker-archives of images, by image name. */
    readonly archives: Readonly<Record<string, string>>;
    /** The address on which the outside machine reaches the ingress, ports 80 and 443. */
    readonly ingressAddress: string;
    /** The machine that is no cluster node, by SSH from this host. */
    readonly ssh: () => SshHost;
    /** Runs kubectl as administrator of the cluster. A non-zero exit code is returned, not thrown. */
    readonly kubectl: (args: readonly string[], options?: { input?: string }) => Promise<Result>;
    /** Runs a command in a machine, as root. A non-zero exit code is returned, not thrown. */
    readonly exec: (
        machine: string,
        argv: readonly string[],
        options?: { input?: string; env?: Record<string, string> },
    ) => Promise<Result>;
    /** Gives the outside machine these names and addresses, and forgets the ones it was given before. */
    readonly setOutsideHosts: (entries: Readonly<Record<string, string>>) => Promise<void>;
    /** Copies a file of this host into a machine. */
    readonly copyTo: (machine: string, hostPath: string, path: string) => Promise<void>;
    /** Pulls the plug of a machine: all that ran in it dies at once, its disk stays. */
    readonly stopMachine: (machine: string) => Promise<void>;
    /** Boots a machine that was stopped; its services start by themselves. */
    readonly startMachine: (machine: string) => Promise<void>;
}

/** A machine as an SSH client on this host sees it. */
export interface SshHost extends SshAccess {
    readonly address: string;
    readonly port: number;
}

/** Brings the lab up, or finds it up and well. Whatever an earlier run left half-made is removed first. */
export async function up(report: Report): Promise<Lab> {
    await checkHost(report);
    checkRelayDirectory();
    return locked(async () => {
        const existing = await current();
        if (existing !== undefined && (await readyNodes(existing.kubectl)).length === plan.nodes.length) {
            report.say(`The lab ${existing.id} is up and well.`);
            return existing;
        }
        if (leftOvers().length > 0) await report.stage("removing what an earlier run left", sweep);
        else await sweep();
        checkWatches();
        try {
            return await build(report);
        } catch (error) {
            report.say(await diagnosis());
            await sweep();
            throw error;
        }
    });
}

/** Removes the lab: every process, mount, namespace, cgroup and file of it. The cache stays. */
export async function down(report: Report): Promise<void> {
    if (leftOvers().length > 0) requireRoot();
    await locked(async () => {
        await report.stage("removing the lab", sweep);
        const left = leftOvers();
        if (left.length > 0) throw new Error(`The lab left something behind: ${left.join(", ")}`);
    });
}

/** The lab of this checkout, when it is up. */
export async function current(): Promise<Lab | undefined> {
    const file = stateFile();
    if (!existsSync(file)) return undefined;
    if (plan.machines.some(({ name }) => machine.machinePid(name) === undefined)) return undefined;
    const lab = labOf(JSON.parse(readFileSync(file, "utf8")) as State);
    const answer = await lab.kubectl(["get", "--raw", "/readyz", "--request-timeout=5s"]);
    return answer.code === 0 ? lab : undefined;
}

function stateFile(): string {
    return join(stateDir(), "lab.json");
}

function kubeconfigFile(): string {
    return join(stateDir(), "kubeconfig");
}

/** Holds a private key, and is so readable by its owner alone. */
function sshFile(): string {
    return join(stateDir(), "ssh.json");
}

/** Whether the last node shall have containerd 2 in place of Debian's 1.6. Asked for when the lab is brought up. */
function wantsNewer(): boolean {
    return process.env.LAB_CONTAINERD === "2";
}

/**
 * Whether the nodes shall hold nothing but the image that every pod begins with, as where no image ever came: then no add-on starts.
 * Asked for when the lab is brought up.
 */
function wantsPauseOnly(): boolean {
    return process.env.LAB_IMAGES === "pause";
}

async function build(report: Report): Promise<Lab> {
    const [base, packages] = await Promise.all([
        ensureBaseRoot(report),
        // All in one go, so that one builds while another is linked.
        ensurePackages(["kubernetes", ...imagePackages, ...(wantsNewer() ? ["containerd"] : [])], report),
    ]);
    const archives = await ensureImages(base, report);
    const kubernetes = packages.get("kubernetes");
    if (kubernetes === undefined) throw new Error("the programs of Kubernetes were not built");
    const port = await choosePort();
    const sshPort = await choosePort([port]);
    const state: State = { base, kubernetes, containerd: packages.get("containerd"), port, sshPort, archives };
    const lab = labOf(state);
    await report.stage("network and certificates", () => prepare(state));
    await report.stage("booting the machines", async () => {
        await Promise.all(plan.machines.map(({ name }) => machine.bootMachine(name, base)));
        await Promise.all([startRelay(state.port, relaySocket), startRelay(state.sshPort, sshSocket)]);
        writeFileSync(sshFile(), JSON.stringify(await admitUsers()), { mode: 0o600 });
    });
    await Promise.all([
        report.stage("images on the nodes", () => importImages(archives)),
        report.stage("API server and nodes ready", async () => {
            await apiAnswers(lab.kubectl);
            await nodesReady(lab.kubectl);
        }),
    ]);
    await applyAddons(lab, report, !wantsPauseOnly());
    writeFileSync(stateFile(), JSON.stringify(state));
    return lab;
}

/** Makes the network, and the disk of every machine with its configuration and keys. */
async function prepare({ base, kubernetes, containerd, port }: State): Promise<void> {
    const relay = relayDirectory();
    mkdirSync(relay, { recursive: true, mode: 0o700 });
    const directory = join(stateDir(), "certificates");
    const [certificates] = await Promise.all([makeCertificates(directory), createNamespaces(base)]);
    rmSync(directory, { recursive: true });
    machine.createMachine(controlPlaneMachine(certificates, kubernetes, relay));
    for (const node of plan.nodes) {
        const newer = node === plan.nodes.at(-1) ? containerd : undefined;
        machine.createMachine(nodeMachine(node, certificates, kubernetes, newer));
    }
    machine.createMachine(hostMachine(relay));
    machine.createMachine({ name: plan.outside.name, files: {}, units: [], binds: [], data: [] });
    const content = kubeconfig(
        `https://127.0.0.1:${port.toString()}`,
        `lab-${labId()}`,
        certificates,
        certificates.admin,
    );
    writeFileSync(kubeconfigFile(), content, { mode: 0o600 });
}

async function importImages(archives: Readonly<Record<string, string>>): Promise<void> {
    const isWanted = (name: string): boolean => (wantsPauseOnly() ? name === pauseImageName : name !== demoImageName);
    const wanted = Object.entries(archives).filter(([name]) => isWanted(name));
    await Promise.all(
        plan.nodes.map(async ({ name }) => {
            const answers = async (): Promise<boolean> => (await machine.execIn(name, ["ctr", "version"])).code === 0;
            await eventually(`containerd of ${name}`, 60, answers);
            for (const [, archive] of wanted) {
                await must(machine.enter(name, ["ctr", "--namespace=k8s.io", "images", "import", "-"]), {
                    inputFile: archive,
                });
            }
        }),
    );
}

/** What the machines say about a start that failed, since the machines themselves are about to be removed. */
async function diagnosis(): Promise<string> {
    const lines: string[] = [];
    for (const { name } of plan.machines) {
        if (machine.machinePid(name) === undefined) continue;
        const { stdout } = await machine.execIn(name, [
            "journalctl",
            "--no-pager",
            "--lines=15",
            "--unit=lab-*",
            "--unit=containerd",
        ]);
        lines.push(`--- last words of ${name}`, stdout.trim());
    }
    return lines.join("\n");
}

function labOf(state: State): Lab {
    const kubectlPath = join(state.kubernetes, "kubectl");
    return {
        id: labId(),
        kubectlPath,
        kubeconfig: kubeconfigFile(),
        nodes: plan.nodes.map(({ name }) => name),
        archives: state.archives,
        ingressAddress: plan.ingressAddress,
        ssh: () => ({
            ...(JSON.parse(readFileSync(sshFile(), "utf8")) as SshAccess),
            address: "127.0.0.1",
            port: state.sshPort,
        }),
        kubectl: (args, options = {}) => run([kubectlPath, "--kubeconfig", kubeconfigFile(), ...args], options),
        exec: (name, argv, options = {}) => machine.execIn(name, argv, options),
        setOutsideHosts: async (entries) => {
            const lines = Object.entries(entries).map(([name, address]) => `${address} ${name}\n`);
            const input = machine.hostsFile(plan.outside.name) + lines.join("");
            await must(machine.enter(plan.outside.name, ["tee", "/etc/hosts"]), { input });
        },
        copyTo: machine.copyInto,
        stopMachine: machine.stopMachine,
        startMachine: async (name) => {
            await clearRules(name, state.base);
            await machine.bootMachine(name, state.base);
        },
    };
}
