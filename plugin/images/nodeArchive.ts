import { createReadStream } from "node:fs";

import type { Header as TarHeader } from "tar";

import type { Layout } from "./layout.ts";
import { blobPath, pathOf, type Blob, type PlatformImage } from "./platformImage.ts";

/** An image for one kind of node, and the names that it gets there. */
export interface NamedImage extends PlatformImage {
    /** What the runtime shall call it: `docker.io/library/redis:7`, `docker.io/library/redis@sha256:…`. */
    readonly names: readonly string[];
}

/** A file that `ctr images import` takes. */
export interface NodeArchive {
    /** In bytes. */
    readonly size: number;
    /** Its bytes, the same at each reading. Throws where a blob is not as long as its descriptor says. */
    readonly content: () => AsyncGenerator<Buffer>;
}

/** The name that containerd reads first (pkg/archive, images.AnnotationImageName). */
const nameAnnotation = "io.containerd.image.name";
const block = 512;
const end = 2 * block;

/**
 * An OCI archive with these images and no blob that they do not need. Indexes are kept whole, so that digests stay what they are;
 * containerd leaves out of them what is not for its platform. The same images give the same bytes.
 */
export async function nodeArchive(layout: Layout, images: readonly NamedImage[]): Promise<NodeArchive> {
    // Loaded where it is needed: the engine waits for the plugin at every run.
    const { Header } = await import("tar");
    const texts = {
        "oci-layout": JSON.stringify({ imageLayoutVersion: "1.0.0" }),
        "index.json": JSON.stringify({ schemaVersion: 2, manifests: images.flatMap(namedTargets) }),
    };
    const blobs = new Map<string, Blob>();
    for (const one of images.flatMap((image) => image.blobs)) blobs.set(one.digest, one);
    const sizes = [...Object.values(texts).map((text) => Buffer.byteLength(text)), ...sizesOf(blobs)];
    return {
        size: sizes.reduce((sum, size) => sum + block + padded(size), end),
        content: async function* () {
            for (const [path, text] of Object.entries(texts)) {
                const bytes = Buffer.from(text);
                yield headerOf(Header, path, bytes.length);
                yield Buffer.concat([bytes, Buffer.alloc(padded(bytes.length) - bytes.length)]);
            }
            for (const { digest, size } of blobs.values()) {
                yield headerOf(Header, blobPath(digest), size);
                yield* blob(layout, digest, size);
                yield Buffer.alloc(padded(size) - size);
            }
            yield Buffer.alloc(end);
        },
    };
}

async function* blob(layout: Layout, digest: string, size: number): AsyncGenerator<Buffer> {
    let read = 0;
    for await (const part of createReadStream(pathOf(layout, digest), { highWaterMark: 1 << 20 })) {
        read += (part as Buffer).length;
        yield part as Buffer;
    }
    if (read !== size) {
        throw new Error(`the blob ${digest} has ${read.toString()} bytes and shall have ${size.toString()}`);
    }
}

function namedTargets({ target, names }: NamedImage): object[] {
    return names.map((name) => ({ ...target, annotations: { [nameAnnotation]: name } }));
}

function* sizesOf(blobs: ReadonlyMap<string, Blob>): Generator<number> {
    for (const { size } of blobs.values()) yield size;
}

function headerOf(Header: typeof TarHeader, path: string, size: number): Buffer {
    const bytes = Buffer.alloc(block);
    new Header({ path, size, mode: 0o644, type: "File", uid: 0, gid: 0, mtime: new Date(0) }).encode(bytes, 0);
    return bytes;
}

function padded(size: number): number {
    return Math.ceil(size / block) * block;
}
