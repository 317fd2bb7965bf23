import { randomBytes } from "node:crypto";
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import { bundleCache } from "./unpacked.ts";
import { runTool } from "./tools.ts";
import type { Opening } from "./source.ts";

/**
 * Makes an OCI image layout of an OCI or Docker archive, once, in the user's cache: only then its images have digests. skopeo reads the
 * archive. Of an archive with one image that image is taken, whatever it is called there. Throws where the file is not the one whose
 * SHA-256 was given.
 */
export async function unpackedArchive(path: string, sha256: string, opening: Opening): Promise<string> {
    const { list = [], say, signal } = opening;
    const images = createHash("sha256")
        .update(JSON.stringify(list.map(({ image }) => image)))
        .digest("hex");
    const directory = join(bundleCache(), `${sha256.toLowerCase()}-${images.slice(0, 12)}`);
    if (existsSync(directory)) return directory;
    say(`${path}: reading`);
    if (!existsSync(path)) throw new Error(`the archive ${path} cannot be read: there is no such file`);
    const hash = createHash("sha256");
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { signal });
    const found = hash.digest("hex");
    if (found !== sha256.toLowerCase()) {
        throw new Error(
            `${path} is not the archive that was asked for: its SHA-256 is ${found}, not ${sha256}; nothing was used`,
        );
    }
    const transport = await transportOf(path);
    const beside = `${directory}.unfinished-${randomBytes(4).toString("hex")}`;
    try {
        await mkdir(beside, { recursive: true });
        for (const { image } of list) {
            const name = list.length === 1 ? "" : `:${image}`;
            say(`${path}: unpacking ${image}`);
            const args = ["--insecure-policy", "copy", "--quiet", `${transport}:${path}${name}`];
            await runTool("skopeo", [...args, `oci:${beside}:${image}`], {}, signal).catch((error: unknown) => {
                throw new Error(`${path} does not yield ${image}: ${(error as Error).message}`, { cause: error });
            });
        }
        await rename(beside, directory).catch((error: unknown) => {
            if (!existsSync(directory)) throw error as Error;
        });
        return directory;
    } finally {
        await rm(beside, { recursive: true, force: true });
    }
}

/** An archive of newer Dockers is both; what names its images in full is Docker's part. */
async function transportOf(path: string): Promise<"docker-archive" | "oci-archive"> {
    const { list } = await import("tar");
    const names = new Set<string>();
    await list({ file: path, onReadEntry: (entry) => names.add(entry.path.replace(/^\.\//, "")) });
    if (names.has("manifest.json")) return "docker-archive";
    if (names.has("oci-layout")) return "oci-archive";
    throw new Error(`${path} is no archive of images: it has neither manifest.json nor oci-layout`);
}
