import * as pulumi from "@pulumi/pulumi";

import { NodeCaTrust } from "./components/nodeCaTrust.ts";
import type { StorageFacts } from "./components/registry/storage/facts.ts";
import type { KeptVolume } from "./components/registry/storage/kept.ts";
import { PullProof } from "./components/pullProof.ts";
import type { RegistryStorageArgs } from "./components/registry/storage.ts";
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
    /** What holds the images. The next update compares with it. */
    storage?: pulumi.Output<StorageFacts>;
    /** What `pulumi destroy` leaves, and how it goes on. */
    kept?: pulumi.Output<KeptVolume>;
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
    return {
        host: registry.host,
        users: registry.users.map((user) => user.name),
        passwords: registry.passwords,
        caBundle: registry.caBundle,
        certificateExpiry: registry.certificateExpiry,
        storage: registry.storage,
        kept: registry.kept,
        ...(proof === undefined ? {} : { provenImage: proof.image }),
    };
}

function buildRegistry(
    section: RegistrySettings,
    settings: Settings,
    providers: pulumi.ProviderResource[],
): RegistryStack {
    const { users, name, storage, ...rest } = section;
    return new RegistryStack(
        "registry",
        {
            ...rest,
            storage: withCredentials(storage, settings),
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

function withCredentials({ s3, ...rest }: RegistrySettings["storage"], settings: Settings): RegistryStorageArgs {
    const keys = settings.s3Credentials;
    if (s3 === undefined || keys === undefined) return rest;
    const [accessKey, secretKey] = [keys.apply((pair) => pair.accessKey), keys.apply((pair) => pair.secretKey)];
    return { ...rest, s3: { ...s3, accessKey, secretKey } };
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
