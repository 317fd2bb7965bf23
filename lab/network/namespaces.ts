import { existsSync, readdirSync } from "node:fs";
import { eventually, must } from "../machines/command.ts";
import { labId } from "../paths.ts";
import { controlPlane, machines, nodes, routerAddress, serviceCidr } from "./plan.ts";

/** Where iproute2 keeps named network namespaces. */
const directory = "/run/netns";

/** The namespace that joins the machines: two bridges, one per side, and the rules between them. */
const router = "router";

function namespacePrefix(): string {
    return `siteregistry-${labId()}-`;
}

/** The router's bridge on one side; its ports are named after the machines. */
function bridgeOf(side: string): string {
    return `${side}-lan`;
}

/** The network namespace of one machine. */
export function namespaceOf(machine: string): string {
    return `${namespacePrefix()}${machine}`;
}

/** Where a machine's network namespace can be entered. */
export function namespacePath(machine: string): string {
    return `${directory}/${namespaceOf(machine)}`;
}

/** The namespaces of this lab that exist, in use or left behind. */
export function namespaces(): string[] {
    if (!existsSync(directory)) return [];
    return readdirSync(directory).filter((name) => name.startsWith(namespacePrefix()));
}

/** Removes every namespace of this lab and with it its links, routes and rules. */
export async function removeNamespaces(): Promise<void> {
    for (const name of namespaces()) {
        // A run that was killed between creating and mounting the name leaves a plain file, which is removed alike.
        await must(["ip", "netns", "delete", name]);
    }
    await eventually("removing network namespaces", 10, () => Promise.resolve(namespaces().length === 0));
}

/**
 * Joins all machines by a router that has no way out of the lab. Links are made inside the namespaces, never in the host's.
 * `base` is the base root, whose iptables sets the router's rules: the host needs none.
 */
export async function createNamespaces(base: string): Promise<void> {
    for (const name of [router, ...machines.map((machine) => machine.name)]) {
        await must(["ip", "netns", "add", namespaceOf(name)]);
    }
    await batch(router, [
        "link set lo up",
        ...Object.entries(routerAddress).flatMap(([side, address]) => [
            `link add ${bridgeOf(side)} type bridge`,
            `address add ${address}/24 dev ${bridgeOf(side)}`,
            `link set ${bridgeOf(side)} up`,
        ]),
        ...machines.flatMap(({ name, side }) => [
            `link add ${name} type veth peer name eth0 netns ${namespaceOf(name)}`,
            `link set ${name} master ${bridgeOf(side)}`,
            `link set ${name} up`,
        ]),
        ...nodes.flatMap(({ address, podCidr }) =>
            podCidr === undefined ? [] : [`route add ${podCidr} via ${address}`],
        ),
    ]);
    await Promise.all(machines.map((machine) => batch(machine.name, machineLinks(machine.name))));
    // Frames between machines of one side are a switch's affair, not the router's.
    await setting(router, "echo 0 >/proc/sys/net/bridge/bridge-nf-call-iptables");
    await setting(router, "echo 1 >/proc/sys/net/ipv4/ip_forward");
    await restoreRules(router, base, rules());
}

/** Forgets a stopped machine's packet rules, as a reboot would: its namespace outlives it, and rules for dead pods with it. */
export async function clearRules(machine: string, base: string): Promise<void> {
    await restoreRules(machine, base, ["filter", "nat", "mangle"].map((table) => `*${table}\nCOMMIT\n`).join(""));
}

/** Addresses and routes of one machine: the way to every other node's pods, and for the API server to services (webhooks). */
function machineLinks(name: string): string[] {
    const machine = machines.find((candidate) => candidate.name === name);
    if (machine === undefined) throw new Error(`no machine is named ${name}`);
    const lines = [
        "link set lo up",
        `address add ${machine.address}/24 dev eth0`,
        "link set eth0 up",
        `route add default via ${routerAddress[machine.side]}`,
    ];
    if (machine.side === "outside") return lines;
    const others = nodes.filter((node) => node.name !== name);
    lines.push(
        ...others.flatMap(({ address, podCidr }) =>
            podCidr === undefined ? [] : [`route add ${podCidr} via ${address}`],
        ),
    );
    const [gateway] = nodes;
    if (name === controlPlane.name && gateway !== undefined)
        lines.push(`route add ${serviceCidr} via ${gateway.address}`);
    return lines;
}

/** From outside only the ingress of the nodes is reached; nothing begins a connection towards outside. */
function rules(): string {
    return [
        "*filter",
        ":INPUT ACCEPT",
        ":FORWARD DROP",
        ":OUTPUT ACCEPT",
        "-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
        ...nodes.map(
            ({ address }) =>
                `-A FORWARD -i ${bridgeOf("outside")} -d ${address} -p tcp -m multiport --dports 80,443 -j ACCEPT`,
        ),
        // Refused at once instead of dropped, so that a test of what is out of reach need not wait.
        "-A FORWARD -j REJECT",
        "COMMIT",
        "",
    ].join("\n");
}

async function restoreRules(machine: string, base: string, input: string): Promise<void> {
    await must(["nsenter", `--net=${namespacePath(machine)}`, "chroot", base, "/usr/sbin/iptables-restore"], { input });
}

async function batch(machine: string, lines: string[]): Promise<void> {
    await must(["ip", "-n", namespaceOf(machine), "-batch", "-"], { input: `${lines.join("\n")}\n` });
}

async function setting(machine: string, line: string): Promise<void> {
    await must(["nsenter", `--net=${namespacePath(machine)}`, "sh", "-c", line]);
}
