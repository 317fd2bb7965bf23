import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { LockedImage } from "../../components/images/lock.ts";

interface Descriptor {
    mediaType: string;
    digest: string;
    size: number;
}

const manifestType = "application/vnd.oci.image.manifest.v1+json";

/**
 * Puts a signature as cosign makes them (a tag of the image's digest) and an SBOM that points to the image by `subject` into a layout,
 * and into what the lock says of the image.
 */
export function attachTo(layout: string, image: LockedImage): LockedImage {
    const put = (text: string, mediaType: string): Descriptor => {
        const hex = createHash("sha256").update(text).digest("hex");
        writeFileSync(join(layout, "blobs", "sha256", hex), text);
        return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
    };
    const manifest = (value: object): Descriptor =>
        put(JSON.stringify({ schemaVersion: 2, mediaType: manifestType, ...value }), manifestType);
    const signature = manifest({
        config: put(
            JSON.stringify({ architecture: "", os: "", config: {}, rootfs: { type: "layers", diff_ids: [] } }),
            "application/vnd.oci.image.config.v1+json",
        ),
        layers: [
            {
                ...put(`{"critical":"${image.digest}"}`, "application/vnd.dev.cosign.simplesigning.v1+json"),
                annotations: { "dev.cosignproject.cosign/signature": "MEUCIQ==" },
            },
        ],
    });
    const size = readFileSync(join(layout, "blobs", "sha256", image.digest.slice(7))).length;
    const artifactType = "application/spdx+json";
    const sbom = manifest({
        artifactType,
        config: put("{}", "application/vnd.oci.empty.v1+json"),
        layers: [put(`{"spdxVersion":"SPDX-2.3","name":"${image.digest}"}`, artifactType)],
        subject: { mediaType: image.mediaType, digest: image.digest, size },
    });
    return {
        ...image,
        attached: [
            { tag: `${image.digest.replace(":", "-")}.sig`, digest: signature.digest },
            { subject: image.digest, digest: sbom.digest, artifactType },
        ],
    };
}
