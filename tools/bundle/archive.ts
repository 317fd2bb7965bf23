import { createHash, type Hash } from "node:crypto";
import { createReadStream, createWriteStream, renameSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { Header, Pax } from "tar";

import { Refusal } from "../ca/refusal.ts";
import { bytesText } from "./progress.ts";

/** A file of the bundle: its content, or the path of a file and what its SHA-256 must be. */
export type Member =
    | { readonly name: string; readonly content: string; readonly executable?: boolean }
    | { readonly name: string; readonly file: string; readonly sha256: string };

/** Name of the list of checksums, which comes first. */
export const checksums = "SHA256SUMS";

const block = 512;

/**
 * Writes the members, and before them their checksums, into one tar file. The same members make the same file: it has
 * no times, no owners, and modes of its own. Its SHA-256 is returned, and written beside it as FILE.sha256.
 * The file appears when it is whole. Refuses where the disk is too small, and a member that is not what it should be.
 */
export async function writeArchive(
    path: string,
    members: readonly Member[],
): Promise<{ sha256: string; size: number }> {
    const lines = members.map((member) => `${sha256Of(member)}  ${member.name}\n`);
    const all: Member[] = [{ name: checksums, content: lines.join("") }, ...members];
    const size = all.reduce((sum, member) => sum + lengthOf(member), 2 * block);
    const { bavail, bsize } = statfsSync(dirname(path));
    const free = bavail * bsize;
    if (free < size) throw diskFull(path, `${bytesText(size)} are needed and ${bytesText(free)} are free`);
    const unfinished = `${path}.unfinished`;
    const hash = createHash("sha256");
    try {
        await pipeline(
            Readable.from(bytesOf(all)),
            async function* (source: AsyncIterable<Buffer>) {
                for await (const chunk of source) {
                    hash.update(chunk);
                    yield chunk;
                }
            },
            createWriteStream(unfinished, { flush: true }),
        );
        renameSync(unfinished, path);
        const sha256 = hash.digest("hex");
        writeFileSync(`${path}.sha256`, `${sha256}  ${basename(path)}\n`);
        return { sha256, size };
    } catch (error) {
        rmSync(unfinished, { force: true });
        const { code, message } = error as NodeJS.ErrnoException;
        throw code === "ENOSPC" || code === "EDQUOT" ? diskFull(path, message) : error;
    }
}

async function* bytesOf(members: readonly Member[]): AsyncGenerator<Buffer> {
    for (const member of members) {
        const size = sizeOf(member);
        yield* headerOf(member, size);
        if ("content" in member) yield Buffer.from(member.content);
        else yield* checked(member.file, member.sha256, size);
        yield Buffer.alloc(padded(size) - size);
    }
    yield Buffer.alloc(2 * block);
}

/** Its bytes in the archive, with header and padding. */
function lengthOf(member: Member): number {
    const size = sizeOf(member);
    return headerOf(member, size).reduce((sum, { length }) => sum + length, padded(size));
}

/** What stands before a member of that size. Layers of 8 GiB and more are told in two ways, one of which every tar reads. */
export function headerOf(member: Member, size: number): Buffer[] {
    const mode = "executable" in member && member.executable ? 0o755 : 0o644;
    const fields = { path: member.name, mode, uid: 0, gid: 0, size, mtime: new Date(0), type: "File" } as const;
    const header = new Header(fields);
    const bytes = Buffer.alloc(block);
    // A long path, or a size of 8 GiB and more, does not fit into the header alone.
    return header.encode(bytes) ? [new Pax({ path: member.name, size }).encode(), bytes] : [bytes];
}

/** The bytes of a file, which must be those that its checksum was made of. */
async function* checked(file: string, sha256: string, size: number): AsyncGenerator<Buffer> {
    const hash: Hash = createHash("sha256");
    let read = 0;
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
        const bytes = chunk as Buffer;
        hash.update(bytes);
        read += bytes.length;
        yield bytes;
    }
    if (read === size && hash.digest("hex") === sha256) return;
    rmSync(file, { force: true });
    throw new Refusal(
        `${file} was changed since it was copied: it is not what its digest says`,
        "it was removed; run it again to fetch it anew, and look after that disk",
    );
}

function sha256Of(member: Member): string {
    return "content" in member ? createHash("sha256").update(member.content).digest("hex") : member.sha256;
}

function sizeOf(member: Member): number {
    return "content" in member ? Buffer.byteLength(member.content) : statSync(member.file).size;
}

function padded(size: number): number {
    return Math.ceil(size / block) * block;
}

function diskFull(path: string, detail: string): Refusal {
    return new Refusal(
        `${path} does not fit on its disk: ${detail}`,
        "make room, or write it elsewhere with --output and --work; what was copied is kept",
    );
}
