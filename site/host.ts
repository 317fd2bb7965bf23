import * as pulumi from "@pulumi/pulumi";

import { groupVars } from "../components/host/kubespray.ts";
import { createReach } from "../components/host/reach.ts";
import { HostRegistry, type HostRegistryStatus } from "../components/hostRegistry.ts";
import { rootsFile } from "../components/nodeTrust/bundle.ts";
import type { HostStatus } from "../components/nodeTrust/host.ts";
import { runtimes } from "../components/nodeTrust/runtimes.ts";
import { loginNames } from "../components/registry/logins.ts";
import { TrustedHosts } from "../components/trustedHosts.ts";
import type { Settings } from "../settings.ts";
import { hostUsers } from "../settings/host.ts";
import { sshKeyFor } from "../settings/sshKeys.ts";

type HostSettings = NonNullable<Settings["host"]>;

/** What a stack tells of the registry on its machines. */
export interface HostOutputs {
    /** Each machine's registry: its host and its state. */
    hostRegistries?: pulumi.Output<HostRegistryStatus[]>;
    /** Passwords there by login name. Secret. */
    hostPasswords?: pulumi.Output<Record<string, string>>;
    /** Roots that clients must trust there, PEM. Empty without TLS. */
    hostCaBundle?: pulumi.Output<string>;
    /** When its server certificate ends, RFC 3339. Empty without TLS. */
    hostCertificateExpiry?: pulumi.Output<string>;
    /** What each future node said of its trust last. */
    hostNodes?: pulumi.Output<HostStatus[]>;
    /** Whether each future node has pulled from the registries with its login, by its name: `reached`, or `unknown` without curl. */
    hostNodesReach?: pulumi.Output<Record<string, string>>;
    /** group_vars for kubespray, YAML. No secret is in it. */
    kubespray?: pulumi.Output<string>;
}

/** The registry on its machines, and what a stack tells of it. */
export interface Host {
    /** Undefined where the settings have no such section. */
    readonly registry?: HostRegistry;
    readonly outputs: HostOutputs;
}

/** Makes the registry on its machines, and the future nodes trust it. */
export function buildHost(settings: Settings): Host {
    const section = settings.host;
    if (section === undefined) return { outputs: {} };
    warn(section);
    const { name: registryName, machines, runtime, binary, image, dataDirectory, port, plain, certificate } = section;
    const { state, deleteData } = section;
    const registry = new HostRegistry("host", {
        ...{ registryName, runtime, binary, image, dataDirectory, port, plain, certificate, state, deleteData },
        machines: machines.map(({ jump, host, ...machine }) => ({
            ...machine,
            host: host ?? machine.address,
            privateKey: keyFor(settings, machine.name),
            ...(jump === undefined ? {} : { jump: { ...jump, privateKey: keyFor(settings, jump.name) } }),
        })),
        users: hostUsers(section).map((user) => ({ ...user, passwords: givenPasswords(user, settings) })),
    });
    const nodes = trustOf(section, registry, settings);
    const reach = reachOf(section, registry, settings, nodes === undefined ? [] : [nodes]);
    const outputs = {
        hostRegistries: registry.registries,
        hostPasswords: registry.passwords,
        hostCaBundle: registry.caBundle,
        hostCertificateExpiry: registry.certificateExpiry,
        ...(nodes === undefined ? {} : { hostNodes: nodes.hosts }),
        ...(reach === undefined ? {} : { hostNodesReach: reach }),
        ...handOver(section, registry, pulumi.all([nodes?.hosts, reach])),
    };
    return { registry, outputs };
}

/** What kubespray is told, once its nodes trust the registry. */
function handOver(
    section: HostSettings,
    registry: HostRegistry,
    after: pulumi.Output<unknown>,
): Pick<HostOutputs, "kubespray"> {
    if (section.kubespray === undefined) return {};
    const { version, containerManager } = section.kubespray;
    const [login] = registry.logins;
    const known = pulumi.all([registry.caBundle, after]);
    return {
        kubespray: known.apply(([roots]) =>
            groupVars({
                ...{ version, containerManager, hosts: registryHosts(section), tls: !section.plain },
                ...{ login: login !== undefined, user: login?.name ?? "" },
                ca: { directory: runtimes.containerd.registryDirectory, file: rootsFile(roots) },
            }),
        ),
    };
}

/** The `host:port` of each machine's registry, the main one first. */
export function registryHosts({ machines, port }: HostSettings): string[] {
    return machines.map(({ host, address }) => hostAndPort(host ?? address, port));
}

/** `name:port`, an IPv6 address in brackets. */
export function hostAndPort(name: string, port: number): string {
    return `${name.includes(":") ? `[${name}]` : name}:${port.toString()}`;
}

function keyFor({ sshKeys }: Settings, machine: string): pulumi.Output<string> {
    return sshKeys.apply((keys) => sshKeyFor(keys, machine));
}

function givenPasswords(user: { name: string; generations?: number[] }, settings: Settings) {
    const given = loginNames(user).filter((login) => settings.givenPasswords.includes(login));
    return Object.fromEntries(
        given.map((login) => [login, settings.passwords.apply((all) => all[login] ?? "")] as const),
    );
}

/** They trust it while it is there, running or not: kubespray is told where the root lies. */
function trustOf(section: HostSettings, registry: HostRegistry, settings: Settings): TrustedHosts | undefined {
    // Without TLS there is nothing to trust: kubespray itself writes that nobody looks at certificates.
    if (section.nodes.length === 0 || section.plain || section.state === "absent") return undefined;
    const hosts = registryHosts(section);
    const [main = ""] = hosts;
    const [login] = registry.logins;
    // What kubespray has written there is written again when the root changes: with the login, so that pulls go on before kubespray runs again.
    const tellsLogin = section.nodes.every(({ runtime }) => runtimes[runtime].hostsToml);
    const credentials =
        login === undefined || !tellsLogin
            ? []
            : hosts.map((host) => ({ host, user: login.name, password: login.password }));
    return new TrustedHosts(
        "host-nodes",
        {
            owner: `host-${section.name}-${main.replaceAll(/[^a-z0-9.-]/g, "-")}`,
            hosts: section.nodes.map((node) => ({ ...node, privateKey: keyFor(settings, node.name) })),
            registries: hosts.map((host) => ({ host, url: `https://${host}`, caBundle: registry.caBundle })),
            credentials,
            foreign: "merge",
            mend: "none",
        },
        { dependsOn: [registry] },
    );
}

/** Future nodes ask the registry, once they trust it, while it runs. */
function reachOf(
    section: HostSettings,
    registry: HostRegistry,
    settings: Settings,
    after: pulumi.Resource[],
): pulumi.Output<Record<string, string>> | undefined {
    if (section.nodes.length === 0 || section.state !== "running") return undefined;
    const [login] = registry.logins;
    const asked = section.nodes.map(
        ({ name, address, port, user, hostKey }) =>
            [
                name,
                createReach(
                    "host",
                    {
                        ...{
                            address,
                            port,
                            user,
                            hostKey,
                            node: name,
                            hosts: registryHosts(section),
                            caBundle: registry.caBundle,
                        },
                        privateKey: keyFor(settings, name),
                        login:
                            login &&
                            pulumi.output(login.password).apply((password) => ({ name: login.name, password })),
                    },
                    // No part of the registry, which the nodes' trust waits for as a whole.
                    { dependsOn: [registry, ...after] },
                ),
            ] as const,
    );
    return pulumi.all(Object.fromEntries(asked));
}

/** At every run, so that nobody forgets it. */
function warn(section: HostSettings): void {
    const hosts = registryHosts(section).join(", ");
    if (section.plain)
        void pulumi.log.warn(
            `host.plain: ${hosts} speaks HTTP without a password, so whoever is on the way can read and change what is pulled, ` +
                "and everybody who reaches it can push. Set it to false for TLS and users.",
        );
    else if (hostUsers(section).length === 0)
        void pulumi.log.warn(
            `host.users: there are none, so everybody who reaches ${hosts} can push, pull and delete.`,
        );
    if (section.state !== "running")
        void pulumi.log.warn(
            `host.state: is ${section.state}, so nothing that is named ${hosts}/… can be pulled: no new node can join, and no ` +
                "node gets back an image that it has cleaned up. Set it to running before nodes are added or upgraded.",
        );
}
