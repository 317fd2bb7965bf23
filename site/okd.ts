import * as pulumi from "@pulumi/pulumi";

import { ClientKit } from "../components/clientKit.ts";
import { caFingerprints } from "../components/clientKit/roots.ts";
import { mirrorSetFacts, type MirrorSetFacts } from "../components/okd/mirrorSets.ts";
import type { ManagementArgs, RouteArgs } from "../components/okd/okdRegistryArgs.ts";
import { OkdRegistry } from "../components/okdRegistry.ts";
import { okdPreflight } from "../components/preflight.ts";
import type { Settings } from "../settings.ts";

type OkdSettings = NonNullable<Settings["okd"]>;

/** What a stack tells of an OKD cluster's registry. */
export interface OkdOutputs {
    /** Public host, the first of them. */
    host?: pulumi.Output<string>;
    /** Every public host of the registry. */
    hosts?: pulumi.Output<string[]>;
    /** Roots that clients must trust, PEM. */
    caBundle?: pulumi.Output<string>;
    /** SHA-256 fingerprints of the roots, `AA:BB:…`, for people to compare. */
    caFingerprints?: pulumi.Output<string[]>;
    /** Host for pods and nodes. */
    internalHost?: pulumi.Output<string>;
    /** Where the root of the default route was found. */
    routerCaFrom?: pulumi.Output<string>;
    /** Tokens for CI, by `<namespace>/<name>`. Secret. */
    builderTokens?: pulumi.Output<Record<string, string>>;
    /** When each of them ends, RFC 3339. */
    builderTokenExpiry?: pulumi.Output<Record<string, string>>;
    /** Digest of each tag's image, by `<namespace>/<stream>`, as of the last update. */
    streamImages?: pulumi.Output<Record<string, Record<string, string>>>;
    /** Where nodes look first for other registries' images. The next update compares with it. */
    mirrorSets?: MirrorSetFacts;
}

/** The registry of an OKD cluster, as the settings want it. Nothing where they have no such section. */
export function buildOkd(settings: Settings, providers: pulumi.ProviderResource[]): OkdOutputs {
    const section = settings.okd;
    if (section === undefined) return {};
    const { name: objectName, routes, management, trust, ...rest } = section;
    const registry = new OkdRegistry(
        "okd",
        {
            ...rest,
            objectName,
            routes: routes.map((route) => withCertificate(route, settings)),
            management: management && managementOf(management, settings),
            trust: { ...trust, configMap: trust.configMap ?? "siteregistry-trusted-ca" },
        },
        { providers, hooks: okdPreflight("okd", settings, claimOf(section, settings)) },
    );
    const { hosts, caBundle, internalHost, routerCaFrom, tokens, tokenExpiry, images } = registry;
    if (settings.clientKit !== undefined) {
        const { name, namespace = "" } = settings.clientKit;
        new ClientKit(
            "client-kit",
            { objectName: name, namespace, hosts, caBundle },
            { providers, dependsOn: [registry] },
        );
    }
    return {
        host: hosts.apply(([first]) => first ?? ""),
        ...{ hosts, caBundle, internalHost, routerCaFrom },
        caFingerprints: caBundle.apply(caFingerprints),
        builderTokens: tokens,
        builderTokenExpiry: tokenExpiry,
        streamImages: images,
        mirrorSets: mirrorSetFacts(section),
    };
}

function withCertificate(route: OkdSettings["routes"][number], { okdSecrets, givenRoutes }: Settings): RouteArgs {
    if (okdSecrets === undefined || !givenRoutes.includes(route.name)) return route;
    const part = (key: "certificate" | "key" | "ca"): pulumi.Output<string> =>
        okdSecrets.apply(({ certificates }) => certificates?.[route.name]?.[key] ?? "");
    // What every client is shown is no secret, though it stands beside one.
    const shown = (key: "certificate" | "ca"): pulumi.Output<string> => pulumi.unsecret(part(key));
    return { ...route, certificate: { certificate: shown("certificate"), key: part("key"), ca: shown("ca") } };
}

function managementOf(
    { storage, ...rest }: NonNullable<OkdSettings["management"]>,
    { okdSecrets }: Settings,
): ManagementArgs {
    const { kind, claim, newClaim, s3 } = storage;
    const key = (part: "accessKey" | "secretKey") => okdSecrets?.apply((all) => all.s3?.[part] ?? "");
    const credentials = { accessKey: key("accessKey"), secretKey: key("secretKey") };
    return {
        ...rest,
        ...{ claim, newClaim },
        s3: s3 && { ...s3, ...credentials },
        emptyDir: kind === "emptyDir",
    };
}

/** What the stack takes for itself in the cluster, in plain values. */
function claimOf(section: OkdSettings, { givenRoutes }: Settings) {
    const { defaultRoute, routes, management, trust } = section;
    return {
        defaultRoute,
        routes: routes.map(({ name, host, secretName }) => ({
            ...{ name, host, secretName },
            given: givenRoutes.includes(name),
        })),
        management,
        configMap: trust.configMap,
    };
}
