import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { OkdImageStream } from "../plugin/sdk/okdImageStream.ts";
import { OkdRegistryStatus } from "../plugin/sdk/okdRegistryStatus.ts";
import { OkdTrustedCertificates } from "../plugin/sdk/okdTrustedCertificates.ts";
import { shortHash } from "./kubernetes/checksum.ts";
import { labels as labelsOf } from "./kubernetes/labels.ts";
import { createAccess } from "./okd/access.ts";
import { createBuilder, internalHost } from "./okd/builders.ts";
import { createMirrorSet } from "./okd/mirrorSets.ts";
import type { OkdRegistryArgs, RouteArgs } from "./okd/okdRegistryArgs.ts";
import { createPruner } from "./okd/pruner.ts";
import { createExposure, createManagement } from "./okd/registryConfig.ts";
import { createRouteCertificate, leafOf, secretNameOf, withSecretKey } from "./okd/routeCertificates.ts";

/** Name of the Route that the operator makes by itself. */
const defaultRouteName = "default-route";

/**
 * The registry that every OKD cluster has: run, reached from outside, with roles, logins for CI, image streams, and nodes that believe it.
 * The registry itself belongs to the cluster's operator, so only some fields of its configuration are this component's, and it stays when
 * the component goes.
 */
export class OkdRegistry extends pulumi.ComponentResource {
    /** Public hosts, the component's routes in their order before the default one. Known once routers have taken them. */
    declare readonly hosts: pulumi.Output<string[]>;
    /** Roots that clients must trust for all of them, PEM. */
    declare readonly caBundle: pulumi.Output<string>;
    /** Where the root of the default route was found. Empty where it is not needed. */
    declare readonly routerCaFrom: pulumi.Output<string>;
    /** Host for pods and nodes, with its port. */
    declare readonly internalHost: pulumi.Output<string>;
    /** Tokens for CI, by `<namespace>/<name>`. Secret. */
    declare readonly tokens: pulumi.Output<Record<string, string>>;
    /** When each of them ends, RFC 3339. */
    declare readonly tokenExpiry: pulumi.Output<Record<string, string>>;
    /** Digest of each tag's image, by `<namespace>/<stream>`, as of the last update. */
    declare readonly images: pulumi.Output<Record<string, Record<string, string>>>;

    constructor(name: string, given: OkdRegistryArgs, opts?: pulumi.ComponentResourceOptions) {
        const args = withSecrets(given);
        super("siteregistry:index:OkdRegistry", name, args, opts);
        const child = { parent: this };
        const { objectName, defaultRoute } = args;
        const labels = labelsOf(objectName, "okd-registry").all;
        const certificates = args.routes.map((route) => createRouteCertificate(name, route, labels, child));
        const routes = args.routes.map((route) => ({ args: route, secretName: secretNameOf(route) }));
        const management = args.management && createManagement(name, args.management, child);
        const exposure = createExposure(name, defaultRoute, routes, {
            ...child,
            dependsOn: [...certificates, management?.patch].filter((one) => one !== undefined),
        });
        const status = new OkdRegistryStatus(
            `${name}-status`,
            {
                defaultRoute,
                routes: args.routes.map((route) => ({
                    ...{ name: route.name, host: route.host },
                    certificate: leafOf(route),
                })),
                timeoutSeconds: args.timeoutSeconds,
                routerRoots: defaultRoute || args.routes.some((route) => secretNameOf(route) === undefined),
                subject: pulumi.jsonStringify([management?.spec, exposure.spec]).apply(shortHash),
            },
            { ...child, dependsOn: [exposure.patch] },
        );
        this.hosts = status.hosts.apply((hosts) => hostsIn(hosts, args));
        const roots = rootsByHost(status, args);
        this.caBundle = roots.apply((all) => [...new Set(Object.values(all))].join(""));
        this.routerCaFrom = status.routerCaFrom;
        this.internalHost = pulumi.output(internalHost);
        createTrust(name, args, roots, child);

        for (const project of args.projects) createAccess(name, objectName, project, labels, child);
        const builders = args.builders.map((one) => createBuilder(name, one, this.hosts, labels, child));
        const streams = args.streams.map((stream) => ({
            key: `${stream.namespace}/${stream.name}`,
            made: new OkdImageStream(`${name}-stream-${stream.namespace}-${stream.name}`, stream, {
                ...child,
                dependsOn: [status],
            }),
        }));
        if (args.pruner !== undefined) createPruner(name, args.pruner, child);
        const kept = { ...child, protect: !args.confirmNodeDrain };
        for (const set of args.mirrorSets) createMirrorSet(name, set, labels, kept);

        this.tokens = pulumi.secret(Object.fromEntries(builders.map(({ key, token }) => [key, token.token])));
        this.tokenExpiry = pulumi.output(Object.fromEntries(builders.map(({ key, token }) => [key, token.expiresAt])));
        this.images = pulumi.output(Object.fromEntries(streams.map(({ key, made }) => [key, made.images])));
        const { hosts, caBundle, routerCaFrom, tokens, tokenExpiry, images } = this;
        this.registerOutputs({
            ...{ hosts, caBundle, routerCaFrom, internalHost: this.internalHost, tokens, tokenExpiry, images },
        });
    }
}

function withSecrets(args: OkdRegistryArgs): OkdRegistryArgs {
    const { management } = args;
    const { s3 } = management ?? {};
    const routes = args.routes.map(({ certificate, ...route }) => ({
        ...route,
        ...(certificate === undefined ? {} : { certificate: withSecretKey(certificate) }),
    }));
    if (management === undefined || s3?.secretKey === undefined) return { ...args, routes };
    const { accessKey = "", secretKey } = s3;
    const bucket = { ...s3, accessKey: pulumi.secret(accessKey), secretKey: pulumi.secret(secretKey) };
    return { ...args, routes, management: { ...management, s3: bucket } };
}

function hostsIn(hosts: Record<string, string>, { routes, defaultRoute }: OkdRegistryArgs): string[] {
    const names = [...routes.map((route) => route.name), ...(defaultRoute ? [defaultRouteName] : [])];
    return names.map((one) => hosts[one] ?? "").filter((host) => host !== "");
}

/** What to believe of each public host. One whose roots clients know by themselves is not among them. */
function rootsByHost(status: OkdRegistryStatus, args: OkdRegistryArgs): pulumi.Output<Record<string, string>> {
    const rootOf = (route: RouteArgs): pulumi.Input<string> => {
        if (route.certificate !== undefined) return route.certificate.ca;
        return secretNameOf(route) === undefined ? status.routerCaBundle : (route.caBundle ?? "");
    };
    const named = Object.fromEntries(args.routes.map((route) => [route.host, pulumi.output(rootOf(route))]));
    return pulumi.all([status.hosts, status.routerCaBundle, pulumi.output(named)]).apply(([hosts, router, roots]) => {
        const byDefault = hosts[defaultRouteName];
        const all = byDefault === undefined ? roots : { ...roots, [byDefault]: router };
        const known = Object.entries(all).filter(([, pem]) => pem.trim() !== "");
        return Object.fromEntries(known.map(([host, pem]) => [host, `${pem.trim()}\n`]));
    });
}

function createTrust(
    name: string,
    { trust }: OkdRegistryArgs,
    roots: pulumi.Output<Record<string, string>>,
    opts: pulumi.CustomResourceOptions,
): void {
    if (!trust.routes && trust.registries.length === 0) return;
    // What the entries are known by in the cluster: stacks share the ConfigMap.
    const owner = new random.RandomId(`${name}-owner`, { byteLength: 4 }, opts);
    const others = Object.fromEntries(trust.registries.map(({ host, caBundle }) => [host, caBundle]));
    const certificates = pulumi
        .all([trust.routes ? roots : pulumi.output({}), pulumi.output(others)])
        .apply(([own, given]) => ({ ...own, ...given }));
    new OkdTrustedCertificates(`${name}-trust`, { owner: owner.hex, certificates, configMap: trust.configMap }, opts);
}
