import * as pulumi from "@pulumi/pulumi";

import { NodeCaTrust } from "../components/nodeCaTrust.ts";
import type {
    HostsEntryArgs,
    MirrorArgs,
    NodeCredentialArgs,
    TrustedRegistryArgs,
} from "../components/nodeTrust/nodeCaTrustArgs.ts";
import { mendOf, menderNamespace } from "../components/nodeTrust/mender.ts";
import { knownPools } from "../components/nodeTrust/pools.ts";
import { nodeTrustPreflight, type TrustClaim } from "../components/preflight.ts";
import { SystemStoreTrust } from "../components/systemStoreTrust.ts";
import { TrustedHosts } from "../components/trustedHosts.ts";
import type { NodeTrustReceipt } from "../plugin/sdk/nodeTrustReceipts.ts";
import type { Settings } from "../settings.ts";
import { sshKeyFor } from "../settings/sshKeys.ts";
import { siteNamed, type OtherSites } from "./sites.ts";

type TrustSettings = NonNullable<Settings["nodeTrust"]>;

/** What the other parts know of the nodes' trust, whichever way it comes there. */
export interface NodeTrust extends pulumi.Resource {
    /** Identifies the content that every Ready node has. Known once they have it. */
    readonly bundleHash: pulumi.Output<string>;
    /** What each node said last, as of the last update. */
    readonly nodes: pulumi.Output<NodeTrustReceipt[]>;
}

/** What nodes and machines shall trust. */
export interface Trusted {
    /** Names of the site's registry, the main one first. */
    readonly hosts: readonly string[];
    /** Where nodes find it without DNS, or by its name. */
    readonly clusterUrl: pulumi.Output<string>;
    /** Roots to believe there, PEM. */
    readonly caBundle: pulumi.Output<string>;
    /** Registries besides. */
    readonly others: readonly TrustedRegistryArgs[];
    /** What must be there before anybody trusts it. */
    readonly parts: readonly pulumi.Resource[];
    /** What must be there before pods can run. */
    readonly after: readonly pulumi.Resource[];
    /** Other sites, which may mirror. */
    readonly sites: OtherSites;
}

/** Makes the nodes trust the registries. Undefined where the settings have no such section. */
export function buildNodeTrust(
    registry: Trusted,
    settings: Settings,
    providers: pulumi.ProviderResource[],
): NodeTrust | undefined {
    const section = settings.nodeTrust;
    if (section === undefined) return undefined;
    const { namespace, pools, mode } = section;
    const hooks = nodeTrustPreflight("node-trust", settings, trustClaimOf(section, settings));
    const opts = { providers, hooks, dependsOn: [...registry.after] };
    // Of the site as a whole, though they stand in the registry's section.
    const labels = settings.registry?.labels ?? {};
    warnOfInsecure(section);
    if (mode === "systemStore") {
        const { systemStore, timeoutSeconds, onRemovalFailure } = section;
        return new SystemStoreTrust(
            "node-trust-system",
            {
                ...{ namespace, timeoutSeconds, onRemovalFailure, ...systemStore, caBundle: wholeBundle(registry) },
                ...{ selector: pools[0]?.selector ?? {} },
                hostsEntries: hostsEntriesOf(section, registry),
                labels,
            },
            opts,
        );
    }
    const menders = buildMenders(section, labels, providers);
    const url = (host: string): pulumi.Input<string> =>
        section.reachBy === "host" ? `https://${host}` : registry.clusterUrl;
    return new NodeCaTrust(
        "node-trust",
        {
            namespace,
            image: section.image,
            pools: knownPools(pools, section.registryDirectory),
            registries: registriesOf(registry, url),
            mirrors: mirrorsOf(section, registry, url(registry.hosts[0] ?? "")),
            credentials: credentialsOf(settings),
            hostsEntries: hostsEntriesOf(section, registry),
            insecureRegistries: section.insecureRegistries,
            foreign: section.foreign,
            mend: section.mend,
            timeoutSeconds: section.timeoutSeconds,
            onRemovalFailure: section.onRemovalFailure,
            labels,
        },
        { ...opts, dependsOn: menders },
    );
}

/** What the nodes' trust takes for itself in the cluster, and wants of its nodes. */
export function trustClaimOf({ namespace, pools, mode }: TrustSettings, { nodeCredentialHosts }: Settings): TrustClaim {
    const wishes = { credentials: nodeCredentialHosts.length > 0, anyRuntime: mode === "systemStore" };
    return { namespace, pools, wishes };
}

/** What has the nodes' containerd read the files, where that is asked for. One pool after the other, as with single nodes. */
function buildMenders(
    { mend, namespace, pools, registryDirectory, systemStore, timeoutSeconds, onRemovalFailure }: TrustSettings,
    labels: Record<string, string>,
    providers: pulumi.ProviderResource[],
): SystemStoreTrust[] {
    const menders: SystemStoreTrust[] = [];
    if (mend !== "config") return menders;
    for (const pool of knownPools(pools, registryDirectory)) {
        const script = mendOf(pool);
        if (script === undefined) continue;
        const mender = new SystemStoreTrust(
            pool.name === "default" ? "node-trust-mend" : `node-trust-mend-${pool.name}`,
            {
                ...{
                    namespace: menderNamespace(namespace, pool.name),
                    timeoutSeconds,
                    onRemovalFailure,
                    script,
                    labels,
                },
                ...{ image: systemStore.image, runtimeService: systemStore.runtimeService, selector: pool.selector },
            },
            { providers, dependsOn: menders.slice(-1) },
        );
        menders.push(mender);
    }
    return menders;
}

/**
 * Machines that are no cluster nodes. They find the registry by its public name: the cluster's addresses are not theirs.
 * The ledger there is called after that name too, which no other site has.
 */
export function buildTrustedHosts(
    registry: Trusted,
    settings: Settings,
    providers: pulumi.ProviderResource[],
): TrustedHosts | undefined {
    const section = settings.nodeTrust;
    if (section === undefined || section.hosts.length === 0) return undefined;
    const url = (host: string): string => `https://${host}`;
    const { namespace, insecureRegistries, foreign, mend } = section;
    return new TrustedHosts(
        "node-trust",
        {
            owner: `${namespace}-${(registry.hosts[0] ?? "").replace(":", "-")}`,
            hosts: section.hosts.map((host) => ({
                ...host,
                privateKey: settings.sshKeys.apply((keys) => sshKeyFor(keys, host.name)),
            })),
            registries: registriesOf(registry, url),
            mirrors: mirrorsOf(section, registry, url(registry.hosts[0] ?? "")),
            credentials: credentialsOf(settings),
            ...{ insecureRegistries, foreign, mend },
        },
        { providers, dependsOn: [...registry.parts] },
    );
}

function registriesOf(
    { hosts, caBundle, others }: Trusted,
    url: (host: string) => pulumi.Input<string>,
): TrustedRegistryArgs[] {
    return [...hosts.map((host) => ({ host, url: url(host), caBundle })), ...others];
}

/** One list of roots for a node's own store. Without others it is the registry's, to the letter. */
function wholeBundle({ caBundle, others }: Trusted): pulumi.Output<string> {
    return pulumi.all([caBundle, ...others.map((one) => one.caBundle)]).apply((bundles) => bundles.join("\n"));
}

function mirrorsOf(section: TrustSettings, registry: Trusted, own: pulumi.Input<string>): MirrorArgs[] {
    return section.mirrors.map(({ upstream, fallback, path, site, ...given }) => {
        const other = site === undefined ? undefined : siteNamed(registry.sites, site);
        const { url = other?.url ?? own, bundle = other?.caBundle ?? registry.caBundle } = given;
        return { ...{ upstream, fallback, url, caBundle: bundle }, ...(path === undefined ? {} : { path }) };
    });
}

function credentialsOf({ nodeCredentials, nodeCredentialHosts }: Settings): NodeCredentialArgs[] {
    return nodeCredentialHosts.map((host) => ({
        host,
        user: nodeCredentials.apply((all) => all[host]?.user ?? ""),
        password: nodeCredentials.apply((all) => all[host]?.password ?? ""),
    }));
}

function hostsEntriesOf(section: TrustSettings, registry: Trusted): HostsEntryArgs[] {
    const service = registry.clusterUrl.apply((url) => new URL(url).hostname.replace(/^\[|\]$/g, ""));
    return section.hostsEntries.map(({ host, address = service }) => ({ host, address }));
}

/** At every run, so that nobody forgets it. */
function warnOfInsecure({ insecureRegistries }: TrustSettings): void {
    if (insecureRegistries.length === 0) return;
    const hosts = insecureRegistries.join(", ");
    void pulumi.log.warn(
        `nodeTrust.insecureRegistries: nodes do not check the certificate of ${hosts}, ` +
            "so whoever is on the way can give them any image. Give these hosts a certificate, and leave them out here.",
    );
}
