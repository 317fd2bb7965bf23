import { createHash } from "node:crypto";
import {
    existsSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
    symlinkSync,
    unlinkSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { Refusal } from "../ca/refusal.ts";
import { Blobs, readIndex, type Descriptor } from "./layout.ts";

/** Name of the image itself in the layout of its own. */
export const imageName = "image";

/** What an image in the folder was made of. */
export interface Origin {
    /** Digest in its registry; of a local image, of what skopeo tells of it. */
    readonly source: string;
    /** Digest of what is in the folder: another one where only some platforms were taken, or an image was converted. */
    readonly digest: string;
}

/**
 * Where images are gathered: kept between runs, so that the next one fetches only what is missing.
 * Each image has a small layout of its own, so that several programs at once never write one index; all share their blobs.
 */
export class WorkFolder {
    readonly blobs: Blobs;
    private readonly path: string;

    private constructor(path: string) {
        this.path = path;
        this.blobs = new Blobs(join(path, "blobs", "sha256"));
    }

    /** Takes the folder for this process. Refuses while another one works in it. */
    static open(path: string): WorkFolder {
        const folder = new WorkFolder(path);
        mkdirSync(folder.blobs.folder, { recursive: true });
        folder.lock();
        // What a run that was ended left half written. Whole content is renamed into place.
        for (const name of readdirSync(folder.blobs.folder)) {
            if (!/^[0-9a-f]{64}$/.test(name)) rmSync(join(folder.blobs.folder, name), { force: true });
        }
        return folder;
    }

    close(): void {
        rmSync(this.lockPath, { force: true });
    }

    /** The layout of an image. `key` says which image and what of it. */
    layout(key: string): string {
        return join(this.path, "images", createHash("sha256").update(key).digest("hex").slice(0, 24));
    }

    /** What an image here was made of: nothing unless all of it is here, with what is attached to it. */
    present(key: string): Origin | undefined {
        const layout = this.layout(key);
        if (!existsSync(join(layout, originFile))) return undefined;
        const origin = JSON.parse(readFileSync(join(layout, originFile), "utf8")) as Origin;
        const index = readIndex(layout);
        if (index.get(imageName)?.digest !== origin.digest) return undefined;
        return this.missing(index.values()).length > 0 ? undefined : origin;
    }

    /** What is below these and not here. */
    missing(tops: Iterable<Descriptor>): Descriptor[] {
        return [...tops].flatMap((top) => this.blobs.below(top).missing);
    }

    /** Makes the layout of an image anew, with nothing in its index. Content stays. */
    renew(key: string): string {
        const layout = this.layout(key);
        rmSync(layout, { recursive: true, force: true });
        mkdirSync(join(layout, "blobs"), { recursive: true });
        // The link is here and not one folder above, where regctl would clear away what this image does not need.
        symlinkSync(join("..", "..", "..", "blobs", "sha256"), join(layout, "blobs", "sha256"));
        return layout;
    }

    /** Says that an image is whole. Written last. */
    finish(key: string, origin: Origin): void {
        const file = join(this.layout(key), originFile);
        writeFileSync(`${file}.unfinished`, JSON.stringify(origin));
        renameSync(`${file}.unfinished`, file);
    }

    /** Removes what is not what it should be, so that it is fetched again. */
    discard(descriptors: readonly Descriptor[]): void {
        for (const { digest } of descriptors) rmSync(this.blobs.path(digest), { force: true });
    }

    private get lockPath(): string {
        return join(this.path, "in-use");
    }

    private lock(): void {
        for (;;) {
            try {
                writeFileSync(this.lockPath, process.pid.toString(), { flag: "wx" });
                return;
            } catch (error) {
                if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
            }
            const holder = Number(readFileSync(this.lockPath, "utf8"));
            if (holder > 0 && isRunning(holder)) {
                throw new Refusal(
                    `the process ${holder.toString()} is making a bundle in ${this.path}`,
                    "wait until it has ended, or name another folder with --work",
                );
            }
            unlinkSync(this.lockPath);
        }
    }
}

const originFile = "origin.json";

function isRunning(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        return (error as NodeJS.ErrnoException).code === "EPERM";
    }
}
