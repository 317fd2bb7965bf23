import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Descriptor } from "../../plugin/images/layout.ts";
import { writeRandomImages } from "../../lab/images/randomImages.ts";

const nameAnnotation = "org.opencontainers.image.ref.name";

/**
 * Writes an OCI layout with images of several platforms: this machine's with content, the others with a manifest whose blobs are
 * nowhere, as in a bundle of named platforms. Returns the digests of the indexes, by name. The images wait for ever when started.
 */
export async function writeMultiLayout(
    directory: string,
    images: readonly { name: string; layers?: number; layerBytes?: number }[],
): Promise<Record<string, string>> {
    await writeRandomImages(
        directory,
        images.map(({ name, layers = 2, layerBytes = 200_000 }) => ({ name, layers, layerBytes })),
    );
    const put = (mediaType: string, value: unknown): Descriptor => {
        const bytes = Buffer.from(JSON.stringify(value));
        const digest = createHash("sha256").update(bytes).digest("hex");
        writeFileSync(join(directory, "blobs", "sha256", digest), bytes);
        return { mediaType, digest: `sha256:${digest}`, size: bytes.length };
    };
    const file = join(directory, "index.json");
    const { manifests } = JSON.parse(readFileSync(file, "utf8")) as { manifests: Required<Descriptor>[] };
    const indexes = manifests.map(({ mediaType, digest, size, annotations }) => {
        const absent = { mediaType, digest: `sha256:${"0".repeat(64)}`, size: 500 };
        const index = put("application/vnd.oci.image.index.v1+json", {
            schemaVersion: 2,
            mediaType: "application/vnd.oci.image.index.v1+json",
            manifests: [
                { ...absent, platform: { os: "linux", architecture: "s390x" } },
                { mediaType, digest, size, platform: { os: "linux", architecture: ownArchitecture() } },
                { ...absent, platform: { os: "linux", architecture: "arm", variant: "v7" } },
            ],
        });
        return { ...index, annotations };
    });
    writeFileSync(file, JSON.stringify({ schemaVersion: 2, manifests: indexes }));
    return Object.fromEntries(indexes.map(({ annotations, digest }) => [annotations[nameAnnotation] ?? "", digest]));
}

/** This machine's architecture in Go's words. */
export function ownArchitecture(): string {
    return process.arch === "arm64" ? "arm64" : "amd64";
}
