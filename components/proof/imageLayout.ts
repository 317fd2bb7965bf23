import { createHash } from "node:crypto";

import { architectures, waitingProgram, type Architecture } from "./waitingProgram.ts";

const mediaTypes = {
    index: "application/vnd.oci.image.index.v1+json",
    manifest: "application/vnd.oci.image.manifest.v1+json",
    config: "application/vnd.oci.image.config.v1+json",
    layer: "application/vnd.oci.image.layer.v1.tar",
} as const;

/** Name of the image inside the layout, and of the program inside the image. */
export const imageName = "proof";

interface Descriptor {
    mediaType: string;
    digest: string;
    size: number;
}

/**
 * An OCI image layout by path, its contents in base64: one small image for each architecture.
 * `subject` is a file in the image, so another subject makes another image, and no node has its layers yet.
 * (https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md)
 */
export function imageLayout(subject: string): Record<string, string> {
    const files: Record<string, string> = {};
    const store = (mediaType: string, bytes: Buffer): Descriptor => {
        const digest = createHash("sha256").update(bytes).digest("hex");
        files[`blobs/sha256/${digest}`] = bytes.toString("base64");
        return { mediaType, digest: `sha256:${digest}`, size: bytes.length };
    };
    const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

    const manifests = architectures.map((architecture) => {
        const layer = store(mediaTypes.layer, layerOf(architecture, subject));
        const config = store(
            mediaTypes.config,
            json({
                architecture,
                os: "linux",
                config: { Entrypoint: [`/${imageName}`], User: "10001:10001" },
                rootfs: { type: "layers", diff_ids: [layer.digest] },
            }),
        );
        const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: [layer] };
        return { ...store(mediaTypes.manifest, json(manifest)), platform: { architecture, os: "linux" } };
    });
    const index = store(mediaTypes.index, json({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }));
    const annotations = { "org.opencontainers.image.ref.name": imageName };
    const encode = (value: unknown): string => json(value).toString("base64");
    files["oci-layout"] = encode({ imageLayoutVersion: "1.0.0" });
    files["index.json"] = encode({ schemaVersion: 2, manifests: [{ ...index, annotations }] });
    return files;
}

/** The digest of the index that names the images of all architectures: what `image@digest` means. */
export function indexDigest(layout: Readonly<Record<string, string>>): string {
    const top = JSON.parse(Buffer.from(layout["index.json"] ?? "", "base64").toString()) as { manifests: Descriptor[] };
    return top.manifests[0]?.digest ?? "";
}

function layerOf(architecture: Architecture, subject: string): Buffer {
    return Buffer.concat([
        tarEntry(imageName, 0o755, waitingProgram(architecture)),
        tarEntry("subject", 0o644, Buffer.from(`${subject}\n`)),
        Buffer.alloc(1024), // the end of a tar file
    ]);
}

/** One file of a tar archive (POSIX.1-1988 ustar), with nothing in it that depends on time or machine. */
function tarEntry(name: string, mode: number, content: Buffer): Buffer {
    const header = Buffer.alloc(512);
    const octal = (value: number, at: number, width: number): void => {
        header.write(`${value.toString(8).padStart(width - 1, "0")}\0`, at);
    };
    header.write(name, 0);
    octal(mode, 100, 8);
    octal(0, 108, 8);
    octal(0, 116, 8);
    octal(content.length, 124, 12);
    octal(0, 136, 12);
    header.write("        0", 148); // the checksum counts as spaces; then the type: a file
    header.write("ustar\u000000", 257);
    octal(
        header.reduce((sum, byte) => sum + byte, 0),
        148,
        7,
    );
    return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}
