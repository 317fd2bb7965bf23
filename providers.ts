import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { SiteProvider, type SiteProviderArgs } from "./plugin/sdk/siteProvider.ts";
import type { Settings } from "./settings.ts";

/** The providers of a site, all of them for one cluster. */
export function createProviders(settings: Settings): pulumi.ProviderResource[] {
    const kubeconfig = settings.kubeconfig === undefined ? {} : { kubeconfig: settings.kubeconfig };
    const cluster = new k8s.Provider("cluster", {
        ...kubeconfig,
        clusterIdentifier: settings.clusterIdentifier,
        // Names are fixed, so a change of content must be an update: a replacement would take the object away first.
        enableConfigMapMutable: true,
        enableSecretMutable: true,
    });
    const harbor = harborOf(settings);
    // The plugin costs its start at every run, so a stack without its resources has no provider of it.
    return needsPlugin(settings) ? [cluster, new SiteProvider("site", { ...kubeconfig, ...harbor })] : [cluster];
}

/** How the plugin reaches the Harbor, where there is one. */
function harborOf({ harbor, harborCredentials }: Settings): Partial<SiteProviderArgs> {
    if (harbor === undefined) return {};
    const { url, username, caBundle, insecure } = harbor;
    return {
        harborUrl: url,
        harborUsername: username,
        harborPassword: harborCredentials?.apply(({ admin }) => admin),
        ...(caBundle === undefined ? {} : { harborCaBundle: caBundle }),
        ...(insecure ? { harborInsecure: true } : {}),
    };
}

function needsPlugin({ registry, harbor }: Settings): boolean {
    if (harbor !== undefined) return true;
    if (registry === undefined) return false;
    const { everywhere, namespaceSelector, serviceAccounts, namespaces } = registry.pullSecret;
    return everywhere || namespaceSelector !== undefined || (serviceAccounts.length > 0 && namespaces.length > 0);
}
