import * as pulumi from "@pulumi/pulumi";

import { ClientKit } from "./components/clientKit.ts";
import { caFingerprints } from "./components/clientKit/roots.ts";
import { HarborReplication } from "./components/harborReplication.ts";
import { NodeCaTrust, type TrustedRegistryArgs } from "./components/nodeCaTrust.ts";
import { namespacePreflight, registryPreflight } from "./components/preflight.ts";
import type { Claim } from "./components/preflight/conflicts.ts";
import { PullProof } from "./components/pullProof.ts";
import { loginNames } from "./components/registry/logins.ts";
import type { RegistryStorageArgs } from "./components/registry/storage.ts";
import type { StorageFacts } from "./components/registry/storage/facts.ts";
import type { KeptVolume } from "./components/registry/storage/kept.ts";
import { RegistryStack } from "./components/registryStack.ts";
import type { Settings } from "./settings.ts";

type RegistrySettings = NonNullable<Settings["registry"]>;

/** What a stack tells of its site once it is up. A part that is turned off tells nothing. */
export interface SiteOutputs {
    /** Public host of the registry. */
    host?: pulumi.Output<string>;
    /** Every public host of the registry. */
    hosts?: string[];
    /** Login names. */
    users?: string[];
    /** Passwords by login name. Secret. */
    passwords?: pulumi.Output<Record<string, string>>;
    /** Roots that clients must trust, PEM. */
    caBundle?: pulumi.Output<string>;
    /** When the server certificate ends, RFC 3339. */
    certificateExpiry?: pulumi.Output<string>;
    /** The image that every node has pulled, by each of the registry's hosts. */
    provenImages?: pulumi.Output<string[]>;
    /** When the first of the certificates that it rests on ends, RFC 3339. */
    authorityExpiry?: pulumi.Output<string>;
    /** SHA-256 fingerprints of the roots, `AA:BB:…`, for people to compare. */
    caFingerprints?: pulumi.Output<string[]>;
    /** What holds the images. The next update compares with it. */
    storage?: pulumi.Output<StorageFacts>;
    /** What `pulumi destroy` leaves, and how it goes on. */
    kept?: pulumi.Output<KeptVolume>;
    /** What each robot of the Harbor logs in as, by its name. */
    robotLogins?: pulumi.Output<Record<string, string>>;
    /** What each of them logs in with. Secret. */
    robotSecrets?: pulumi.Output<Record<string, string>>;
    /** What each rule of the Harbor that `up` ran has copied, by the rule's name. */
    replicated?: pulumi.Output<Record<string, string[]>>;
}

/** Builds the parts that have a section in the settings, and joins them. */
export function buildSite(settings: Settings, providers: pulumi.ProviderResource[]): SiteOutputs {
    const harbor = buildHarbor(settings, providers);
    const section = settings.registry;
    if (section === undefined) {
        buildNodeTrust(trustedHarbor(settings), settings, providers);
        return harbor;
    }
    const registry = buildRegistry(section, settings, providers);
    const trusted = [...trustedRegistries(registry, section, settings), ...trustedHarbor(settings)];
    const trust = buildNodeTrust(trusted, settings, providers);
    const proof = trust && buildProof(registry, trust, section, settings, providers);
    buildClientKit(registry, section, settings, providers);
    return {
        ...harbor,
        host: registry.host,
        hosts: hostsOf(section),
        users: registry.logins.map((login) => login.name),
        passwords: registry.passwords,
        caBundle: registry.caBundle,
        caFingerprints: registry.caBundle.apply(caFingerprints),
        certificateExpiry: registry.certificateExpiry,
        authorityExpiry: registry.authorityExpiry,
        storage: registry.storage,
        kept: registry.kept,
        ...(proof === undefined ? {} : { provenImages: proof.images }),
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
            certificate: { ...section.certificate, ...settings.certificates },
            users: users.map((user) => ({ ...user, passwords: givenPasswords(loginNames(user), settings) })),
        },
        { providers, hooks: registryPreflight("registry", settings, claimOf(section)) },
    );
}

/** Of these logins, the passwords given by hand. */
function givenPasswords(logins: readonly string[], settings: Settings): Record<string, pulumi.Output<string>> {
    const given = logins.filter((login) => settings.givenPasswords.includes(login));
    return Object.fromEntries(
        given.map((login) => [login, settings.passwords.apply((all) => all[login] ?? "")] as const),
    );
}

function withCredentials({ s3, ...rest }: RegistrySettings["storage"], settings: Settings): RegistryStorageArgs {
    const keys = settings.s3Credentials;
    if (s3 === undefined || keys === undefined) return rest;
    const [accessKey, secretKey] = [keys.apply((pair) => pair.accessKey), keys.apply((pair) => pair.secretKey)];
    return { ...rest, s3: { ...s3, accessKey, secretKey } };
}

/** Every public host, the main one first. */
function hostsOf(section: RegistrySettings): string[] {
    return [section.host, ...section.extraHosts];
}

/** What the registry takes for itself in the cluster. */
function claimOf(section: RegistrySettings): Claim {
    const { namespace, createNamespace, name, exposure, clusterIP, nodePort, gateway } = section;
    return {
        namespace,
        createNamespace,
        objectName: name,
        hosts: hostsOf(section),
        exposure,
        clusterIP,
        nodePort,
        gateway,
    };
}

function buildHarbor(settings: Settings, providers: pulumi.ProviderResource[]): SiteOutputs {
    if (settings.harbor === undefined) return {};
    const { url, endpoints, pullSecret, ...rest } = settings.harbor;
    const { robotLogins, robotSecrets, replicated } = new HarborReplication(
        "harbor",
        {
            ...rest,
            endpoints: endpoints.map((endpoint) => ({ ...endpoint, ...secretOf(endpoint, settings) })),
            pullSecret: pullSecret && { ...pullSecret, host: new URL(url).host },
        },
        { providers },
    );
    return { robotLogins, robotSecrets, replicated };
}

function secretOf({ name, accessKey }: { name: string; accessKey?: string | undefined }, settings: Settings) {
    const { harborCredentials } = settings;
    if (accessKey === undefined || harborCredentials === undefined) return {};
    return { accessSecret: harborCredentials.apply(({ endpoints }) => endpoints?.[name] ?? "") };
}

/** A Harbor with roots of its own, as nodes trust it. */
function trustedHarbor({ harbor }: Settings): TrustedRegistryArgs[] {
    if (harbor?.caBundle === undefined) return [];
    const { origin, host } = new URL(harbor.url);
    return [{ host, url: origin, caBundle: harbor.caBundle }];
}

/** The registry's hosts, as nodes trust them. */
function trustedRegistries(
    registry: RegistryStack,
    section: RegistrySettings,
    { nodeTrust }: Settings,
): TrustedRegistryArgs[] {
    return hostsOf(section).map((host) => ({
        host,
        url: nodeTrust?.reachBy === "host" ? `https://${host}` : registry.clusterUrl,
        caBundle: registry.caBundle,
    }));
}

function buildNodeTrust(
    registries: TrustedRegistryArgs[],
    settings: Settings,
    providers: pulumi.ProviderResource[],
): NodeCaTrust | undefined {
    if (settings.nodeTrust === undefined) return undefined;
    const { namespace, image, registryDirectory } = settings.nodeTrust;
    const hooks = namespacePreflight("node-trust", settings, "nodeTrust.namespace", namespace);
    return new NodeCaTrust("node-trust", { namespace, image, registryDirectory, registries }, { providers, hooks });
}

function buildProof(
    registry: RegistryStack,
    trust: NodeCaTrust,
    section: RegistrySettings,
    settings: Settings,
    providers: pulumi.ProviderResource[],
): PullProof | undefined {
    if (!section.proof.enabled) return undefined;
    const { namespace, image } = section.proof;
    return new PullProof(
        "proof",
        {
            namespace,
            image,
            checkImage: section.gate.image,
            hosts: hostsOf(section),
            serviceHost: registry.serviceHost,
            caBundle: registry.caBundle,
            certificate: registry.certificate,
            logins: registry.logins,
            pullLogin: registry.pullLogin.name,
            replicas: section.replicas,
            subjects: [registry.revision, trust.bundleHash],
        },
        {
            providers,
            dependsOn: [registry, trust],
            hooks: namespacePreflight("proof", settings, "registry.proof.namespace", namespace),
        },
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
        { objectName: name, namespace, hosts: hostsOf(section), caBundle: registry.caBundle },
        // The namespace may be the registry's.
        { providers, dependsOn: [registry] },
    );
}
