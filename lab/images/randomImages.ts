import { createHash, type Hash, randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

import { waitingProgram } from "../../components/proof/waitingProgram.ts";
import { type Content, textContent } from "./content.ts";
import { type Entry, file, program, tarContent } from "./tar.ts";

/** An image of content that no machine has seen, and that no compression makes smaller. */
export interface RandomImage {
    /** Name inside the layout. */
    readonly name: string;
    readonly layers: number;
    /** Size of each layer, in bytes. */
    readonly layerBytes: number;
}

interface Descriptor {
    mediaType: string;
    digest: string;
    size: number;
}

const prefix = "application/vnd.oci.image";

/**
 * Writes an OCI image layout with these images into a directory. Each image can be started: it waits for ever.
 * The layers are gzip files that hold their content stored, not compressed: clients send them as they are, and what is
 * measured with them is the way to the registry, not the compressor.
 */
export async function writeRandomImages(directory: string, images: readonly RandomImage[]): Promise<void> {
    const blobs = join(directory, "blobs", "sha256");
    await mkdir(blobs, { recursive: true });
    const json = async (mediaType: string, value: unknown): Promise<Descriptor> => {
        const bytes = Buffer.from(JSON.stringify(value));
        const digest = createHash("sha256").update(bytes).digest("hex");
        await writeFile(join(blobs, digest), bytes);
        return { mediaType, digest: `sha256:${digest}`, size: bytes.length };
    };
    const manifests = [];
    for (const image of images) {
        const layers: Descriptor[] = [];
        const diffIds: string[] = [];
        for (let index = 0; index < image.layers; index += 1) {
            const content = file(`/content-${index.toString()}`, randomContent(image.layerBytes));
            const waits = program("/wait", bytesContent(waitingProgram(process.arch === "arm64" ? "arm64" : "amd64")));
            const { descriptor, diffId } = await writeLayer(blobs, index === 0 ? [waits, content] : [content]);
            layers.push(descriptor);
            diffIds.push(diffId);
        }
        const config = await json(`${prefix}.config.v1+json`, {
            architecture: process.arch === "arm64" ? "arm64" : "amd64",
            os: "linux",
            config: { Entrypoint: ["/wait"], User: "10001:10001" },
            rootfs: { type: "layers", diff_ids: diffIds },
        });
        const mediaType = `${prefix}.manifest.v1+json`;
        const manifest = await json(mediaType, { schemaVersion: 2, mediaType, config, layers });
        manifests.push({ ...manifest, annotations: { "org.opencontainers.image.ref.name": image.name } });
    }
    await writeFile(join(directory, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
    await writeFile(join(directory, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
}

async function writeLayer(blobs: string, entries: Entry[]): Promise<{ descriptor: Descriptor; diffId: string }> {
    const plain = createHash("sha256");
    const packed = createHash("sha256");
    const unfinished = join(blobs, "unfinished");
    await pipeline(
        Readable.from(tarContent(entries).chunks()),
        through(plain),
        createGzip({ level: 0 }),
        through(packed),
        createWriteStream(unfinished),
    );
    const digest = packed.digest("hex");
    await rename(unfinished, join(blobs, digest));
    const { size } = await stat(join(blobs, digest));
    const descriptor = { mediaType: `${prefix}.layer.v1.tar+gzip`, digest: `sha256:${digest}`, size };
    return { descriptor, diffId: `sha256:${plain.digest("hex")}` };
}

/** Hands everything on, and into a digest. */
function through(hash: Hash): Transform {
    return new Transform({
        transform(chunk: Buffer, _encoding, done) {
            hash.update(chunk);
            done(null, chunk);
        },
    });
}

const chunkSize = 1 << 20;

/** Other bytes at every reading, which is once. */
function randomContent(size: number): Content {
    return {
        size,
        identity: "random",
        *chunks() {
            for (let left = size; left > 0; left -= chunkSize) yield randomBytes(Math.min(left, chunkSize));
        },
    };
}

function bytesContent(bytes: Buffer): Content {
    return { ...textContent(""), size: bytes.length, chunks: () => [bytes] };
}
