import type * as pulumi from "@pulumi/pulumi";

import { FirstImages, type ImageMachineArgs } from "../components/firstImages.ts";
import { shortHash } from "../components/kubernetes/checksum.ts";
import type { Settings } from "../settings.ts";
import { sshKeyFor } from "../settings/sshKeys.ts";

/** What must be on the nodes before anything of the site can run there. Undefined where the settings ask for nothing. */
export function buildFirstImages(settings: Settings, providers: pulumi.ProviderResource[]): FirstImages | undefined {
    const section = settings.images?.firstImages;
    const source = settings.images?.source;
    if (section === undefined || source === undefined) return undefined;
    const { kind, path, sha256 } = source;
    if (kind === "registry" || path === undefined) return undefined; // refused by the settings
    const { through, ...rest } = section;
    return new FirstImages(
        "first-images",
        {
            ...rest,
            ...(through === "ssh" ? { machines: machinesOf(settings) } : {}),
            images: section.images ?? siteImages(settings),
            source: { kind, ...(sha256 === undefined ? {} : { sha256 }) },
            path,
            owner: ownerOf(section.namespace, settings),
        },
        { providers },
    );
}

/** The machines of the site that are meant. */
function machinesOf({ nodeTrust, images, sshKeys }: Settings): ImageMachineArgs[] {
    const named = images?.firstImages?.nodes;
    return (nodeTrust?.hosts ?? [])
        .filter(({ name }) => named === undefined || named.includes(name))
        .map(({ name, address, port, user, hostKey }) => ({
            ...{ name, address, port, user, hostKey },
            privateKey: sshKeys.apply((keys) => sshKeyFor(keys, name)),
        }));
}

/** The images of every pod that the stack makes, each of them once. */
export function siteImages({ registry, nodeTrust }: Settings): string[] {
    const images = new Set<string>();
    if (registry !== undefined) {
        const { gate, cache, proof, pullSecret } = registry;
        images.add(registry.image).add(gate.image);
        if (cache.kind === "redis") images.add(cache.image);
        if (proof.enabled) images.add(proof.image);
        if (pullSecret.everywhere) images.add(pullSecret.copier.image);
    }
    if (nodeTrust !== undefined) {
        const { mode, systemStore } = nodeTrust;
        images.add(mode === "systemStore" ? systemStore.image : nodeTrust.image);
        if (mode === "systemStore" && systemStore.pauseImage !== undefined) images.add(systemStore.pauseImage);
    }
    return [...images].sort();
}

/** Two stacks may pin images on the same nodes, and each has hosts of its own. */
function ownerOf(namespace: string, { registry, harbor }: Settings): string {
    const site = registry?.host ?? harbor?.url ?? "";
    return `${namespace.slice(0, 40)}-${shortHash(site)}`;
}
