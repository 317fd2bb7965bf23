import { Header } from "tar";
import type { Content } from "./content.ts";

/** One thing in a file system, by its absolute path there. Owned by root. */
export type Entry =
    | { readonly kind: "file"; readonly path: string; readonly mode: number; readonly content: Content }
    | { readonly kind: "directory"; readonly path: string; readonly mode: number }
    | { readonly kind: "link"; readonly path: string; readonly target: string };

const block = 512;
/** A tar ends with two empty blocks. */
const end = Buffer.alloc(2 * block);
/** One time for everything, so that equal content gives equal bytes and with them an equal digest. */
const mtime = new Date(0);

/** An executable file. */
export function program(path: string, content: Content): Entry {
    return { kind: "file", path, mode: 0o755, content };
}

/** A file for everybody to read. */
export function file(path: string, content: Content): Entry {
    return { kind: "file", path, mode: 0o644, content };
}

/** A directory. Parents need not be named: they are added with mode 0755. */
export function directory(path: string, mode: number): Entry {
    return { kind: "directory", path, mode };
}

/** A symbolic link. */
export function link(path: string, target: string): Entry {
    return { kind: "link", path, target };
}

/** The tar of these entries as content, so that a tar can itself be a file in another one. */
export function tarContent(entries: readonly Entry[]): Content {
    const all = inOrder(entries);
    const size = all.reduce((sum, entry) => sum + block + padded(sizeOf(entry)), end.length);
    const identity = all.map((entry) =>
        JSON.stringify(entry.kind === "file" ? { ...entry, content: entry.content.identity } : entry),
    );
    return { size, identity: `tar ${identity.join("\n")}`, chunks: () => chunksOf(all) };
}

function* chunksOf(entries: readonly Entry[]): Generator<Buffer> {
    for (const entry of entries) {
        yield headerOf(entry);
        if (entry.kind !== "file") continue;
        let written = 0;
        for (const chunk of entry.content.chunks()) {
            written += chunk.length;
            yield chunk;
        }
        if (written !== entry.content.size) {
            throw new Error(`${entry.path} changed while its image was written. Nothing was kept: start again.`);
        }
        yield Buffer.alloc(padded(written) - written);
    }
    yield end;
}

function headerOf(entry: Entry): Buffer {
    const name = entry.path.replace(/^\//, "");
    const header = new Header({
        path: entry.kind === "directory" ? `${name}/` : name,
        mode: entry.kind === "link" ? 0o777 : entry.mode,
        uid: 0,
        gid: 0,
        size: sizeOf(entry),
        mtime,
        type: entry.kind === "file" ? "File" : entry.kind === "directory" ? "Directory" : "SymbolicLink",
        ...(entry.kind === "link" && { linkpath: entry.target }),
    });
    const bytes = Buffer.alloc(block);
    const cut = header.encode(bytes);
    if (cut) throw new Error(`${entry.path} does not fit the header of a tar: its name or its size is too long.`);
    return bytes;
}

/** Sorted by path, each parent before what lies in it. */
function inOrder(entries: readonly Entry[]): Entry[] {
    const byPath = new Map<string, Entry>();
    for (const entry of entries) {
        if (byPath.has(entry.path)) throw new Error(`${entry.path} is twice in one image.`);
        byPath.set(entry.path, entry);
    }
    for (const { path } of entries) {
        for (let cut = path.lastIndexOf("/"); cut > 0; cut = path.lastIndexOf("/", cut - 1)) {
            const parent = path.slice(0, cut);
            const known = byPath.get(parent);
            if (known === undefined) byPath.set(parent, directory(parent, 0o755));
            else if (known.kind !== "directory")
                throw new Error(`${path} lies in ${parent}, which is not a directory.`);
        }
    }
    return [...byPath.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
}

function sizeOf(entry: Entry): number {
    return entry.kind === "file" ? entry.content.size : 0;
}

function padded(size: number): number {
    return Math.ceil(size / block) * block;
}
