import { closeSync, openSync, readSync, statSync } from "node:fs";

/** Bytes of one file in an image. They can be read again and again, and are never all in memory at once. */
export interface Content {
    readonly size: number;
    /** Changes when the bytes change. Cheap, so that a warm start need not read every binary to know its image is there. */
    readonly identity: string;
    /** The bytes, in order. */
    chunks(): Iterable<Buffer>;
}

const chunkSize = 1 << 20;

/** A file whose whole text is known here. */
export function textContent(text: string): Content {
    const bytes = Buffer.from(text);
    return { size: bytes.length, identity: `text ${text}`, chunks: () => [bytes] };
}

/** A file of this machine: a built binary, or one from a root file system. */
export function fileContent(path: string): Content {
    const { size, mtimeMs } = statSync(path);
    return {
        size,
        identity: `file ${path} ${size.toString()} ${mtimeMs.toString()}`,
        *chunks() {
            const descriptor = openSync(path, "r");
            try {
                for (;;) {
                    const buffer = Buffer.allocUnsafe(chunkSize);
                    const length = readSync(descriptor, buffer);
                    if (length === 0) return;
                    yield buffer.subarray(0, length);
                }
            } finally {
                closeSync(descriptor);
            }
        },
    };
}
