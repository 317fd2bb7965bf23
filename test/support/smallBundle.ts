import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { create } from "tar";

import { lockFile, lockText, type LockedImage } from "../../components/images/lock.ts";

/** A bundle in a file. */
export interface SmallBundle {
    readonly path: string;
    readonly sha256: string;
}

/** Makes a bundle of an OCI layout, as `npm run bundle` does; `images` is what its lock says. */
export async function bundleOf(layout: string, images: readonly LockedImage[], path: string): Promise<SmallBundle> {
    writeFileSync(join(layout, lockFile), lockText({ version: 1, images }));
    await create({ cwd: layout, file: path, portable: true, noMtime: true }, [
        lockFile,
        "oci-layout",
        "index.json",
        "blobs",
    ]);
    return { path, sha256: createHash("sha256").update(readFileSync(path)).digest("hex") };
}

/** What a lock says of the images that a layout's index names. */
export function lockedImages(layout: string): LockedImage[] {
    const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as {
        manifests: { mediaType: string; digest: string; annotations: Record<string, string> }[];
    };
    return index.manifests.map(({ mediaType, digest, annotations }) => ({
        image: annotations["org.opencontainers.image.ref.name"] ?? "",
        ...{ digest, mediaType, platforms: "all", size: 1, attached: [] },
    }));
}
