import * as k8s from "@pulumi/kubernetes";

import { readSettings } from "./settings.ts";
import { refuseLostImages } from "./settings/storageChange.ts";
import { buildSite } from "./site.ts";

const settings = readSettings();
await refuseLostImages(settings);
const cluster = new k8s.Provider("cluster", {
    ...(settings.kubeconfig === undefined ? {} : { kubeconfig: settings.kubeconfig }),
    clusterIdentifier: settings.clusterIdentifier,
    // Names are fixed, so a change of content must be an update: a replacement would take the object away first.
    enableConfigMapMutable: true,
    enableSecretMutable: true,
});

export const { host, users, passwords, caBundle, certificateExpiry, storage, kept, provenImage } = buildSite(settings, [
    cluster,
]);
