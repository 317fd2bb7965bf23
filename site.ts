import * as pulumi from "@pulumi/pulumi";

import { ClientKit } from "./components/clientKit.ts";
import { caFingerprints } from "./components/clientKit/roots.ts";
import type { HostStatus } from "./components/nodeTrust/host.ts";
import { namespacePreflight, registryPreflight } from "./components/preflight.ts";
import type { Claim } from "./components/preflight/conflicts.ts";
import type { Rotation } from "./components/preflight/rotation.ts";
import { PullProof } from "./components/pullProof.ts";
import { firstGeneration } from "./components/registry/certificates/generations.ts";
import { loginNames } from "./components/registry/logins.ts";
import type { RegistryStorageArgs } from "./components/registry/storage.ts";
import type { StorageFacts } from "./components/registry/storage/facts.ts";
import type { KeptVolume } from "./components/registry/storage/kept.ts";
import { RegistryStack } from "./components/registryStack.ts";
import type { NodeTrustReceipt } from "./plugin/sdk/nodeTrustReceipts.ts";
import type { Settings } from "./settings.ts";
import type { RotationFacts } from "./settings/rotationChange.ts";
import { buildFirstImages } from "./site/firstImages.ts";
import { buildHost, type HostOutputs } from "./site/host.ts";
import { buildHarbor, type Harbor, type HarborOutputs } from "./site/harbor.ts";
import { buildImages, type ImageOutputs } from "./site/images.ts";
import { buildOkd, type OkdOutputs } from "./site/okd.ts";
import { buildQuay, type QuayOutputs } from "./site/quay.ts";
import { buildSitePullSecrets, trustedSites, type OtherSites } from "./site/sites.ts";
import { buildNodeTrust, buildTrustedHosts, trustClaimOf, type NodeTrust } from "./site/nodeTrust.ts";

type RegistrySettings = NonNullable<Settings["registry"]>;

/** What a stack tells of its site once it is up. A part that is turned off tells nothing. */
export interface SiteOutputs extends HarborOutputs, HostOutputs, ImageOutputs, QuayOutputs, Omit<OkdOutputs, "hosts"> {
    /** Public host of the registry. */
    host?: pulumi.Output<string>;
    /** Every public host of the registry. */
    hosts?: string[] | pulumi.Output<string[]>;
    /** Login names. */
    users?: string[];
    /** Passwords by login name. Secret. */
    passwords?: pulumi.Output<Record<string, string>>;
    /** Roots that clients must trust, PEM. */
    caBundle?: pulumi.Output<string>;
    /** When the server certificate ends, RFC 3339. */
    certificateExpiry?: pulumi.Output<string>;
    /** What each node said of its trust last, as of the last update. */
    nodes?: pulumi.Output<NodeTrustReceipt[]>;
    /** What each machine over SSH said of its trust last, as of the last update that wrote there. */
    machines?: pulumi.Output<HostStatus[]> | HostStatus[];
    /** The image that every node has pulled, by each of the registry's hosts. */
    provenImages?: pulumi.Output<string[]>;
    /** When the first of the certificates that it rests on ends, RFC 3339. */
    authorityExpiry?: pulumi.Output<string>;
    /** Roots of the trusted generations of the stack's own authority, PEM, by number. The next update compares with them. */
    certificateAuthorities?: pulumi.Output<Record<string, string>>;
    /** Which of them signs, and the highest that any update has trusted: none up to it is made again. */
    authorityRotation?: Omit<RotationFacts, "roots">;
    /** SHA-256 fingerprints of the roots, `AA:BB:…`, for people to compare. */
    caFingerprints?: pulumi.Output<string[]>;
    /** Namespaces whose pull secret is a resource of its own, as in sites of before. The next update keeps it so. */
    separatePullSecrets?: readonly string[];
    /** What holds the images. The next update compares with it. */
    storage?: pulumi.Output<StorageFacts>;
    /** What `pulumi destroy` leaves, and how it goes on. */
    kept?: pulumi.Output<KeptVolume>;
}

/** What the last update has left. */
export interface Before {
    /** Of an authority of the stack's own. Undefined where there was none. */
    rotation?: RotationFacts | undefined;
    /** Namespaces whose pull secret is a resource of its own. Default: none. */
    separatePullSecrets?: readonly string[] | undefined;
}

/**
 * Builds the parts that have a section in the settings, and joins them. `before` is what the last update has left, `sites`
 * what the stacks of other sites tell.
 */
export function buildSite(
    settings: Settings,
    providers: pulumi.ProviderResource[],
    before: Before = {},
    sites: OtherSites = {},
): SiteOutputs {
    const section = settings.registry;
    const harbor = buildHarbor(settings, providers, sites);
    buildSitePullSecrets(settings, sites, providers);
    const firstImages = buildFirstImages(settings, providers);
    const after = firstImages === undefined ? [] : [firstImages];
    const cluster = buildOkd(settings, providers);
    const okd = { ...cluster, ...buildQuay(settings, providers) };
    const host = buildHost(settings);
    if (section === undefined) {
        const seeded = buildImages(settings, { harbor, host: host.registry, okd: cluster }, providers);
        const alone = trustOthersAlone(harbor, settings, providers, { after, sites });
        return { ...harbor.outputs, ...okd, ...host.outputs, ...alone, ...seeded };
    }
    const registry = buildRegistry(section, settings, providers, { before, after });
    const trusted = {
        clusterUrl: registry.clusterUrl,
        caBundle: registry.caBundle,
        hosts: hostsOf(section),
        others: [...harbor.trusted, ...trustedSites(settings, sites)],
        parts: [registry, ...harbor.parts],
        after,
        sites,
    };
    const trust = buildNodeTrust(trusted, settings, providers);
    const machines = buildTrustedHosts(trusted, settings, providers);
    const proof = trust && buildProof(registry, trust, section, settings, providers);
    buildClientKit(registry, section, settings, providers);
    return {
        ...harbor.outputs,
        ...host.outputs,
        ...okd,
        ...buildImages(settings, { registry, harbor, host: host.registry }, providers),
        host: registry.host,
        hosts: hostsOf(section),
        users: registry.logins.map((login) => login.name),
        passwords: registry.passwords,
        caBundle: registry.caBundle,
        caFingerprints: registry.caBundle.apply(caFingerprints),
        certificateExpiry: registry.certificateExpiry,
        authorityExpiry: registry.authorityExpiry,
        ...rotationOutputs(registry, section, before.rotation),
        separatePullSecrets: before.separatePullSecrets ?? [],
        storage: registry.storage,
        kept: registry.kept,
        ...(trust === undefined ? {} : { nodes: trust.nodes }),
        machines: machines?.hosts ?? [],
        ...(proof === undefined ? {} : { provenImages: proof.images }),
    };
}

/** Nodes and machines trust a Harbor, or other sites, even where there is no other registry. */
function trustOthersAlone(
    harbor: Harbor,
    settings: Settings,
    providers: pulumi.ProviderResource[],
    { after, sites }: { after: readonly pulumi.Resource[]; sites: OtherSites },
): SiteOutputs {
    const [first, ...others] = [...harbor.trusted, ...trustedSites(settings, sites)];
    if (first === undefined) return {};
    const trusted = {
        hosts: [first.host],
        clusterUrl: pulumi.output(first.url),
        caBundle: pulumi.output(first.caBundle),
        ...{ others, parts: harbor.parts, after, sites },
    };
    const trust = buildNodeTrust(trusted, settings, providers);
    const machines = buildTrustedHosts(trusted, settings, providers);
    return {
        ...(trust === undefined ? {} : { nodes: trust.nodes }),
        ...(machines === undefined ? {} : { machines: machines.hosts }),
    };
}

function buildRegistry(
    section: RegistrySettings,
    settings: Settings,
    providers: pulumi.ProviderResource[],
    { before, after }: { before: Before; after: pulumi.Resource[] },
): RegistryStack {
    const { users, name, storage, pullSecret, ...rest } = section;
    return new RegistryStack(
        "registry",
        {
            ...rest,
            storage: withCredentials(storage, settings),
            objectName: name,
            clusterDomain: settings.clusterDomain,
            certificate: { ...section.certificate, ...settings.certificates },
            pullSecret: { ...pullSecret, separateNamespaces: before.separatePullSecrets },
            users: users.map((user) => ({ ...user, passwords: givenPasswords(loginNames(user), settings) })),
        },
        {
            providers,
            dependsOn: after,
            hooks: registryPreflight(
                "registry",
                settings,
                claimOf(section),
                rotationOf(section, settings, before.rotation),
                settings.nodeTrust && trustClaimOf(settings.nodeTrust, settings),
            ),
        },
    );
}

/** Where the registry's authority shall go, and from where. */
function rotationOf(section: RegistrySettings, settings: Settings, before: RotationFacts | undefined): Rotation {
    const { mode, ca } = section.certificate;
    return { mode, ca, roots: before?.roots ?? {}, trustNamespace: settings.nodeTrust?.namespace };
}

function rotationOutputs(
    registry: RegistryStack,
    section: RegistrySettings,
    before: RotationFacts | undefined,
): Pick<SiteOutputs, "certificateAuthorities" | "authorityRotation"> {
    if (section.certificate.mode !== "own") return {};
    const { trusted, signing } = section.certificate.ca ?? firstGeneration;
    const highest = Math.max(before?.highest ?? 0, ...trusted);
    return { certificateAuthorities: registry.certificateAuthorities, authorityRotation: { signing, highest } };
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
    const { namespace, createNamespace, name, exposure, clusterIP, trafficDistribution, nodePort, gateway } = section;
    return {
        namespace,
        createNamespace,
        objectName: name,
        hosts: hostsOf(section),
        exposure,
        clusterIP,
        trafficDistribution,
        nodePort,
        gateway,
    };
}

function buildProof(
    registry: RegistryStack,
    trust: NodeTrust,
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
            labels: section.labels,
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
        { objectName: name, namespace, hosts: hostsOf(section), caBundle: registry.caBundle, labels: section.labels },
        // The namespace may be the registry's.
        { providers, dependsOn: [registry] },
    );
}
