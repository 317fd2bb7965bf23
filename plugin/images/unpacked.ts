import { createHash, randomBytes, type Hash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, statfs } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

import { lockFile, parseLock, type ImageLock } from "../../components/images/lock.ts";

/** A bundle as it lies unpacked on this machine. */
export interface Unpacked {
    /** An OCI image layout: `oci-layout`, `index.json`, `blobs/sha256/…`. Nobody may write in it. */
    readonly directory: string;
    /** What the bundle holds, by name and digest. */
    readonly lock: ImageLock;
}

/** How the work is begun. */
export interface Unpacking {
    /** Folder that keeps unpacked bundles. Default: `siteregistry/bundles` in the user's cache. */
    readonly cache?: string;
    readonly signal?: AbortSignal | undefined;
}

const needed = [lockFile, "oci-layout", "index.json"];
/** What a disk needs besides the files' own bytes, for their blocks and the folder: as a part of them. */
const overhead = 1.02;
/** What is told of a disk that cannot be asked. */
const noDisk = { bavail: 0, bsize: 0, files: 0, ffree: 0 };
/** Progress is told after so many bytes. */
const toldBytes = 1 << 28;
/** Two resources of one `up` may want the same bundle at the same time. */
const underWay = new Map<string, Promise<string>>();

/**
 * Unpacks a bundle, once: what is there by that SHA-256 is taken as it is, and the file is not read again. `sha256` is that of the
 * whole file, in hexadecimal digits. What is unpacked can only be seen once every byte of the file was read and is the right one.
 * `log` is told how it goes on. Throws where the file is missing, is another one, or is no bundle, and where the disk is full; in each
 * case nothing is left.
 */
export async function unpackedBundle(
    path: string,
    sha256: string,
    log: (message: string) => void,
    { cache = bundleCache(), signal }: Unpacking = {},
): Promise<Unpacked> {
    const wanted = sha256.toLowerCase();
    if (!/^[0-9a-f]{64}$/.test(wanted)) throw new Error("the SHA-256 of a bundle must be 64 hexadecimal digits");
    const directory = join(cache, wanted);
    if (!existsSync(directory)) {
        const work = underWay.get(directory) ?? unpack({ path, wanted, directory, log, signal });
        underWay.set(directory, work);
        await work.finally(() => underWay.delete(directory));
    }
    return { directory, lock: parseLock(await readFile(join(directory, lockFile), "utf8"), `${lockFile} of ${path}`) };
}

/** Where unpacked bundles are kept, for this user. */
export function bundleCache(): string {
    // The XDG Base Directory Specification has a variable that is empty or relative count as unset.
    const given = process.env.XDG_CACHE_HOME ?? "";
    return join(isAbsolute(given) ? given : join(homedir(), ".cache"), "siteregistry", "bundles");
}

interface Work {
    readonly path: string;
    readonly wanted: string;
    readonly directory: string;
    readonly log: (message: string) => void;
    readonly signal: AbortSignal | undefined;
}

/** Unpacks beside the place, and moves there what is whole. Whoever else does the same at this moment wins or loses by that one move. */
async function unpack(work: Work): Promise<string> {
    const { path, wanted, directory, log, signal } = work;
    const size = await sizeOf(path);
    const cache = join(directory, "..");
    const beside = join(cache, `${wanted}.unfinished-${process.pid.toString()}-${randomBytes(4).toString("hex")}`);
    try {
        await mkdir(beside, { recursive: true });
        await sweep(cache);
        await refuseFullDisk(beside, size, path);
        const hash = createHash("sha256");
        await extract(path, beside, counting(hash, size, `${path}: unpacking`, log), signal);
        if (hash.digest("hex") !== wanted) throw await notTheOne(path, wanted, signal);
        const missing = needed.filter((name) => !existsSync(join(beside, name)));
        if (missing.length > 0) {
            throw new Error(
                `${path} is no bundle: it holds no ${missing.join(", ")}; make one with \`npm run bundle\``,
            );
        }
        await rename(beside, directory).catch((error: unknown) => {
            if (!existsSync(directory)) throw error as Error;
        });
        return directory;
    } catch (error) {
        throw await inWords(error as NodeJS.ErrnoException, work);
    } finally {
        // After a failure tar may still be writing for a moment.
        await rm(beside, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
    }
}

async function sizeOf(path: string): Promise<number> {
    const found = await stat(path).catch((error: unknown) => {
        const { code, message } = error as NodeJS.ErrnoException;
        const why = code === "ENOENT" ? "there is no such file" : message;
        throw new Error(`the bundle ${path} cannot be read: ${why}; copy it here, or name the path where it is`);
    });
    if (!found.isFile()) throw new Error(`the bundle ${path} is no file; a folder is a source of the kind directory`);
    return found.size;
}

/** Only plain files are taken: a layout has nothing else, and a link could lead out of the folder. */
async function extract(path: string, into: string, through: Transform, signal: AbortSignal | undefined): Promise<void> {
    // Loaded where it is needed: the engine waits for the plugin at every run.
    const { Unpack } = await import("tar");
    const unpacking = new Unpack({
        cwd: into,
        strict: true,
        preserveOwner: false,
        noMtime: true,
        filter: (_, entry) => "type" in entry && (entry.type === "File" || entry.type === "Directory"),
    });
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), through, unpacking, { signal });
}

/** Hands everything on, into a digest as well, and tells how far it is. */
function counting(hash: Hash, size: number, what: string, log: (message: string) => void): Transform {
    let [done, told] = [0, 0];
    return new Transform({
        transform(chunk: Buffer, _encoding, next) {
            hash.update(chunk);
            done += chunk.length;
            if (done - told >= toldBytes) {
                told = done;
                log(`${what}, ${((done / size) * 100).toFixed(0)} % of ${(size / 2 ** 20).toFixed(0)} MiB`);
            }
            next(null, chunk);
        },
    });
}

/** A person should be told so before the first byte, not after half an hour. */
async function refuseFullDisk(folder: string, size: number, path: string): Promise<void> {
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < size * overhead) throw fullDisk(folder, path, bavail * bsize, size);
}

function fullDisk(folder: string, path: string, free: number, size: number): Error {
    const [has, wants] = [free, size].map((bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`);
    return new Error(
        `the disk is full: ${path} unpacks to ${wants ?? ""} in ${join(folder, "..")}, which has ${has ?? ""} left; ` +
            "make room there, or set XDG_CACHE_HOME to a folder on another disk",
    );
}

/** Of what went wrong, what it means. A file that is not the one that was asked for explains everything else. */
async function inWords(error: NodeJS.ErrnoException, { path, wanted, directory, signal }: Work): Promise<Error> {
    const { bavail, bsize, files, ffree } = await statfs(join(directory, "..")).catch(() => noDisk);
    // Where a folder cannot be made for want of inodes, tar says only that the folder is not there.
    if (error.code === "ENOSPC" || (files > 0 && ffree === 0)) {
        return fullDisk(directory, path, bavail * bsize, await sizeOf(path));
    }
    if (!(error.code ?? "").startsWith("TAR_") && error.code !== "ERR_STREAM_PREMATURE_CLOSE") return error;
    if (signal?.aborted === true) return error;
    const found = await digestOf(path, signal);
    if (found !== wanted) return another(path, wanted, found);
    return new Error(`${path} is no bundle: ${error.message}; make one with \`npm run bundle\``, { cause: error });
}

async function notTheOne(path: string, wanted: string, signal: AbortSignal | undefined): Promise<Error> {
    return another(path, wanted, await digestOf(path, signal));
}

function another(path: string, wanted: string, found: string): Error {
    return new Error(
        `${path} is not the bundle that was asked for: its SHA-256 is ${found}, not ${wanted}; nothing of it was used. ` +
            "It was cut off or changed on its way, or is another one: copy it again, or give the SHA-256 that `npm run bundle` printed",
    );
}

async function digestOf(path: string, signal: AbortSignal | undefined): Promise<string> {
    const hash = createHash("sha256");
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { signal });
    return hash.digest("hex");
}

/** What a run that was killed has left goes with the next one. */
async function sweep(cache: string): Promise<void> {
    for (const name of await readdir(cache)) {
        const pid = /^[0-9a-f]{64}\.unfinished-(\d+)-/.exec(name)?.[1];
        if (pid !== undefined && !isAlive(Number(pid))) await rm(join(cache, name), { recursive: true, force: true });
    }
}

function isAlive(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        return (error as NodeJS.ErrnoException).code === "EPERM";
    }
}
