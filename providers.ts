import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { SiteProvider, type SiteProviderArgs } from "./plugin/sdk/siteProvider.ts";
import type { InstalledHarbor } from "./site/harborInstall.ts";
import type { Settings } from "./settings.ts";

/** The providers of a site: of its one cluster, and of the plugin, each where something needs it. */
export function createProviders(settings: Settings): pulumi.ProviderResource[] {
    const kubeconfig = settings.kubeconfig === undefined ? {} : { kubeconfig: settings.kubeconfig };
    const providers: pulumi.ProviderResource[] = [];
    if (needsCluster(settings)) providers.push(clusterProvider(settings, kubeconfig));
    // The plugin costs its start at every run, so a stack without its resources has no provider of it.
    if (needsPlugin(settings)) providers.push(new SiteProvider("site", { ...kubeconfig, ...harborOf(settings) }));
    return providers;
}

/** The plugin's provider for a Harbor that the stack itself installs: it is there, and reached, once that is done. */
export function harborProvider({ harbor, kubeconfig }: Settings, installed: InstalledHarbor): SiteProvider {
    return new SiteProvider("harbor", {
        ...(kubeconfig === undefined ? {} : { kubeconfig }),
        ...(harbor === undefined ? {} : { harborUrl: harbor.url, harborUsername: harbor.username }),
        harborPassword: installed.adminPassword,
        harborCaBundle: installed.caBundle,
    });
}

function clusterProvider(
    { clusterIdentifier }: Settings,
    kubeconfig: { kubeconfig?: pulumi.Output<string> },
): k8s.Provider {
    return new k8s.Provider("cluster", {
        ...kubeconfig,
        clusterIdentifier,
        // Names are fixed, so a change of content must be an update: a replacement would take the object away first.
        enableConfigMapMutable: true,
        enableSecretMutable: true,
    });
}

/** A stack may be about a Harbor alone, about machines, or about images for a registry elsewhere. */
function needsCluster({ registry, nodeTrust, clientKit, okd, quay, harbor, host, images, sites }: Settings): boolean {
    const parts = [registry, nodeTrust, clientKit, okd, quay];
    const installed = [harbor?.pullSecret, harbor?.install?.chart, ...sites.map(({ pullSecret }) => pullSecret)];
    const elsewhere = [harbor, host, images].some((part) => part !== undefined);
    return !elsewhere || [...parts, ...installed].some((part) => part !== undefined);
}

/** How the plugin reaches the Harbor, where there is one. */
function harborOf({ harbor, harborCredentials }: Settings): Partial<SiteProviderArgs> {
    if (harbor === undefined || harbor.install !== undefined) return {};
    const { url, username, caBundle, insecure } = harbor;
    return {
        harborUrl: url,
        harborUsername: username,
        harborPassword: harborCredentials?.apply(({ admin }) => admin ?? ""),
        ...(caBundle === undefined ? {} : { harborCaBundle: caBundle }),
        ...(insecure ? { harborInsecure: true } : {}),
    };
}

function needsPlugin({ registry, nodeTrust, okd, quay, harbor, images }: Settings): boolean {
    if (okd !== undefined || quay !== undefined || images !== undefined) return true;
    if (harbor !== undefined && harbor.install === undefined) return true;
    if (nodeTrust !== undefined) return true; // the receipts of the nodes, and of the proof
    if (registry === undefined) return false;
    const { everywhere, namespaceSelector, namespaces } = registry.pullSecret;
    return everywhere || namespaceSelector !== undefined || namespaces.length > 0;
}
