import type { Image } from "./archive.ts";
import { busyboxImage } from "./busybox.ts";
import { textContent } from "./content.ts";
import { file } from "./tar.ts";

/** Name of the image that proofs push: nodes do not have it. */
export const demoImageName = "siteregistry.lab/demo:1.0";

/**
 * The image that is pushed to a registry and pulled from there. It is like no other image in content: a kubelet of
 * Kubernetes 1.35 and newer remembers that an image's content came with a pull secret, and then refuses the same content
 * under any other name to pods without that secret (KEP-2535, seen here with busybox and the helper pods of the storage).
 */
export function demoImage(rootfs: string): Image {
    const { entries, config } = busyboxImage(rootfs);
    const greeting = file("/etc/demo", textContent("Pulled from the site's own registry.\n"));
    return { name: demoImageName, entries: [...entries, greeting], config };
}
