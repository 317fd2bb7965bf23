import type * as pulumi from "@pulumi/pulumi";

import type { EndpointArgs } from "../components/harbor/harborReplicationArgs.ts";
import { HarborReplication } from "../components/harborReplication.ts";
import type { TrustedRegistryArgs } from "../components/nodeTrust/nodeCaTrustArgs.ts";
import { SiteProvider } from "../plugin/sdk/siteProvider.ts";
import { harborProvider } from "../providers.ts";
import type { Settings } from "../settings.ts";
import { installHarbor, type InstalledHarbor } from "./harborInstall.ts";
import { siteNamed, type OtherSites } from "./sites.ts";

/** What a stack tells of its Harbor. */
export interface HarborOutputs {
    /** Where it is, `http(s)://host[:port]`. */
    harborUrl?: string;
    /** What each robot logs in as, by its name without the prefix. */
    robotLogins?: pulumi.Output<Record<string, string>>;
    /** What each of them logs in with. Secret. */
    robotSecrets?: pulumi.Output<Record<string, string>>;
    /** What each rule that `up` ran has copied or found to be there, by the rule's name. */
    replicated?: pulumi.Output<Record<string, string[]>>;
    /** First password of `admin` of a Harbor that the stack installed. Secret. */
    harborPassword?: pulumi.Output<string>;
    /** Roots that sign its certificate, PEM: given, or of a Harbor that the stack installed. */
    harborCaBundle?: pulumi.Output<string> | string;
    /** When that certificate ends, RFC 3339. */
    harborCertificateExpiry?: pulumi.Output<string>;
}

/** A Harbor of the stack: what it tells, and who trusts it. */
export interface Harbor {
    readonly outputs: HarborOutputs;
    /** As nodes trust it, where it has roots of its own. They know the well-known ones by themselves. */
    readonly trusted: TrustedRegistryArgs[];
    /** What must be there before anybody trusts it. */
    readonly parts: pulumi.Resource[];
    /** What must be there before it takes images: its projects. */
    readonly made?: pulumi.Resource;
}

/** Installs a Harbor where that is asked for, and makes what it copies and who may. Nothing where the settings have no such section. */
export function buildHarbor(settings: Settings, providers: pulumi.ProviderResource[], sites: OtherSites = {}): Harbor {
    if (settings.harbor === undefined) return { outputs: {}, trusted: [], parts: [] };
    const installed = installHarbor(settings, providers);
    const made = replicate(
        settings,
        settings.harbor,
        installed === undefined ? providers : withHarbor(settings, providers, installed),
        sites,
    );
    const { robotLogins, robotSecrets, replicated } = made;
    return {
        made,
        outputs: { robotLogins, robotSecrets, replicated, ...toldOf(settings.harbor, installed) },
        trusted: trustedHarbor(settings.harbor, installed),
        parts: installed === undefined ? [] : [installed],
    };
}

/** The same providers, with one for the Harbor that has only just come. */
function withHarbor(
    settings: Settings,
    providers: pulumi.ProviderResource[],
    installed: InstalledHarbor,
): pulumi.ProviderResource[] {
    return [...providers.filter((one) => !(one instanceof SiteProvider)), harborProvider(settings, installed)];
}

function toldOf(
    { url, caBundle: given }: NonNullable<Settings["harbor"]>,
    installed: InstalledHarbor | undefined,
): HarborOutputs {
    const there = { harborUrl: url, ...(given === undefined ? {} : { harborCaBundle: given }) };
    if (installed === undefined) return there;
    const { adminPassword, caBundle, certificateExpiry } = installed;
    const made = {
        harborPassword: adminPassword,
        harborCaBundle: caBundle,
        harborCertificateExpiry: certificateExpiry,
    };
    return { ...there, ...made };
}

function replicate(
    settings: Settings,
    { url, endpoints, rules, projects, robots, pullSecret }: NonNullable<Settings["harbor"]>,
    providers: pulumi.ProviderResource[],
    sites: OtherSites,
): HarborReplication {
    return new HarborReplication(
        "harbor",
        {
            endpoints: endpoints.map((endpoint) => endpointOf(endpoint, settings, sites)),
            ...{ rules, projects, robots },
            pullSecret: pullSecret && { ...pullSecret, host: new URL(url).host },
        },
        { providers },
    );
}

function trustedHarbor(
    { url, caBundle: given }: NonNullable<Settings["harbor"]>,
    installed: InstalledHarbor | undefined,
): TrustedRegistryArgs[] {
    const caBundle = installed?.caBundle ?? given;
    const { origin, host } = new URL(url);
    return caBundle === undefined ? [] : [{ host, url: origin, caBundle }];
}

/** An endpoint, with what another site tells of it. */
function endpointOf(
    { site, ...endpoint }: NonNullable<Settings["harbor"]>["endpoints"][number],
    settings: Settings,
    sites: OtherSites,
): EndpointArgs {
    if (site === undefined) return { ...endpoint, url: endpoint.url ?? "", ...secretOf(endpoint, settings) };
    const { url, caBundle, login } = siteNamed(sites, site);
    const { accessKey } = endpoint;
    const as = accessKey === undefined ? undefined : login(accessKey);
    return {
        ...{ ...endpoint, url },
        ...(caBundle === undefined ? {} : { caBundle }),
        ...(as === undefined ? {} : { accessKey: as.user, accessSecret: as.password }),
    };
}

function secretOf({ name, accessKey }: { name: string; accessKey?: string | undefined }, settings: Settings) {
    const { harborCredentials } = settings;
    if (accessKey === undefined || harborCredentials === undefined) return {};
    return { accessSecret: harborCredentials.apply(({ endpoints }) => endpoints?.[name] ?? "") };
}
