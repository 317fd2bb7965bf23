import * as pulumi from "@pulumi/pulumi";

import { ClientKit } from "./components/clientKit.ts";
import { caFingerprints } from "./components/clientKit/roots.ts";
import { NodeCaTrust } from "./components/nodeCaTrust.ts";
import { PullProof } from "./components/pullProof.ts";
import { RegistryStack } from "./components/registryStack.ts";
import type { Settings } from "./settings.ts";

type RegistrySettings = NonNullable<Settings["registry"]>;

/** What a stack tells of its site once it is up. A part that is turned off tells nothing. */
export interface SiteOutputs {
    /** Public host name of the registry. */
    host?: pulumi.Output<string>;
    /** Login names. */
    users?: string[];
    /** Passwords by login name. Secret. */
    passwords?: pulumi.Output<Record<string, string>>;
    /** Roots that clients must trust, PEM. */
    caBundle?: pulumi.Output<string>;
    /** When the server certificate ends, RFC 3339. */
    certificateExpiry?: pulumi.Output<string>;
    /** SHA-256 fingerprints of the roots, `AA:BB:…`, for people to compare. */
    caFingerprints?: pulumi.Output<string[]>;
    /** The image that every node has pulled. */
    provenImage?: pulumi.Output<string>;
}

/** Builds the parts that have a section in the settings, and joins them. */
export function buildSite(settings: Settings, providers: pulumi.ProviderResource[]): SiteOutputs {
    const section = settings.registry;
    if (section === undefined) return {};
    const registry = buildRegistry(section, settings, providers);
    const trust = buildNodeTrust(registry, section, settings, providers);
    const proof = trust && buildProof(registry, trust, section, providers);
    buildClientKit(registry, section, settings, providers);
    return {
        host: registry.host,
        users: registry.users.map((user) => user.name),
        passwords: registry.passwords,
        caBundle: registry.caBundle,
        caFingerprints: registry.caBundle.apply(caFingerprints),
        certificateExpiry: registry.certificateExpiry,
        ...(proof === undefined ? {} : { provenImage: proof.image }),
    };
}

function buildRegistry(
    section: RegistrySettings,
    settings: Settings,
    providers: pulumi.ProviderResource[],
): RegistryStack {
    const { users, name, ...rest } = section;
    return new RegistryStack(
        "registry",
        {
            ...rest,
            objectName: name,
            clusterDomain: settings.clusterDomain,
            users: users.map((user) => ({
                name: user.name,
                ...(settings.givenPasswords.includes(user.name)
                    ? { password: settings.passwords.apply((all) => all[user.name] ?? "") }
                    : {}),
            })),
        },
        { providers },
    );
}

function buildNodeTrust(
    registry: RegistryStack,
    section: RegistrySettings,
    settings: Settings,
    providers: pulumi.ProviderResource[],
): NodeCaTrust | undefined {
    if (settings.nodeTrust === undefined) return undefined;
    const { reachBy, ...rest } = settings.nodeTrust;
    const registries = [section.host, ...section.extraHosts].map((host) => ({
        host,
        url: reachBy === "host" ? `https://${host}` : registry.clusterUrl,
        caBundle: registry.caBundle,
    }));
    return new NodeCaTrust("node-trust", { ...rest, registries }, { providers });
}

function buildProof(
    registry: RegistryStack,
    trust: NodeCaTrust,
    section: RegistrySettings,
    providers: pulumi.ProviderResource[],
): PullProof | undefined {
    const user = registry.users[0];
    if (!section.proof.enabled || user === undefined) return undefined;
    const { namespace, image } = section.proof;
    return new PullProof(
        "proof",
        {
            namespace,
            image,
            host: registry.host,
            serviceHost: registry.serviceHost,
            caBundle: registry.caBundle,
            user: user.name,
            password: user.password,
            subjects: [registry.revision, trust.bundleHash],
        },
        { providers, dependsOn: [registry, trust] },
    );
}

function buildClientKit(
    registry: RegistryStack,
    section: RegistrySettings,
    settings: Settings,
    providers: pulumi.ProviderResource[],
): void {
    if (settings.clientKit === undefined) return;
    const { name, namespace = section.namespace } = settings.clientKit;
    new ClientKit(
        "client-kit",
        { objectName: name, namespace, hosts: [section.host, ...section.extraHosts], caBundle: registry.caBundle },
        // The namespace may be the registry's.
        { providers, dependsOn: [registry] },
    );
}
