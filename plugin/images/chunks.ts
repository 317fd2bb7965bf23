import { createHash } from "node:crypto";

/** A piece of an archive. */
export interface Chunk {
    readonly bytes: Buffer;
    /** Hexadecimal digits. */
    readonly sha256: string;
}

/**
 * What one object of the cluster may carry: its content travels in base64, which makes 1 MiB of this, and etcd takes no more
 * than 1.5 MiB at a time.
 */
export const chunkBytes = 768 << 10;

/** Cuts what comes into pieces of {@link chunkBytes}, the last one shorter. */
export async function* chunksOf(content: AsyncIterable<Buffer>, size = chunkBytes): AsyncGenerator<Chunk> {
    let waiting: Buffer[] = [];
    let length = 0;
    for await (const part of content) {
        let rest = part;
        while (length + rest.length >= size) {
            const taken = rest.subarray(0, size - length);
            yield chunk([...waiting, taken]);
            rest = rest.subarray(taken.length);
            waiting = [];
            length = 0;
        }
        if (rest.length > 0) waiting.push(rest);
        length += rest.length;
    }
    if (length > 0) yield chunk(waiting);
}

function chunk(parts: readonly Buffer[]): Chunk {
    const bytes = Buffer.concat(parts);
    return { bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}
