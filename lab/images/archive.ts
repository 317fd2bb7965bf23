import { createHash, randomUUID } from "node:crypto";
import { createWriteStream, existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Report } from "../report.ts";
import type { Content } from "./content.ts";
import { textContent } from "./content.ts";
import type { Entry } from "./tar.ts";
import { file, tarContent } from "./tar.ts";

/** An image: its full name with tag, what it holds, and how it starts. */
export interface Image {
    readonly name: string;
    readonly entries: readonly Entry[];
    readonly config: ImageConfig;
}

/** How a container of the image starts, in the words of the image format. */
export interface ImageConfig {
    readonly Entrypoint?: readonly string[];
    readonly Cmd?: readonly string[];
    readonly Env?: readonly string[];
    readonly User?: string;
    readonly WorkingDir?: string;
    readonly ExposedPorts?: Readonly<Record<string, object>>;
    readonly Volumes?: Readonly<Record<string, object>>;
    readonly Labels?: Readonly<Record<string, string>>;
}

/** Counts up when the same image would be written in another way, so that what an older lab cached is not taken. */
const format = 1;

/** The image as a docker-archive: one layer, its configuration, and the manifest that names both. */
export function archiveContent(image: Image): Content {
    const layer = tarContent(image.entries);
    const layerDigest = sha256(layer);
    const config = textContent(
        JSON.stringify({
            architecture: architecture(),
            os: "linux",
            created: "1970-01-01T00:00:00Z",
            config: image.config,
            rootfs: { type: "layers", diff_ids: [`sha256:${layerDigest}`] },
            history: [{ created: "1970-01-01T00:00:00Z", created_by: "siteregistry lab" }],
        }),
    );
    const configName = `${sha256(config)}.json`;
    const layerName = `${layerDigest}.tar`;
    const manifest = JSON.stringify([{ Config: configName, RepoTags: [image.name], Layers: [layerName] }]);
    return tarContent([file(configName, config), file(layerName, layer), file("manifest.json", textContent(manifest))]);
}

/**
 * Writes the image's archive below `directory` unless the same one is there already. Returns its path.
 * It gets its name only when complete, so a run that is killed leaves no half image to be taken for a whole one.
 */
export async function ensureArchive(image: Image, directory: string, report: Report): Promise<string> {
    const identity = JSON.stringify([
        format,
        architecture(),
        image.name,
        image.config,
        tarContent(image.entries).identity,
    ]);
    const key = createHash("sha256").update(identity).digest("hex").slice(0, 16);
    const path = join(directory, image.name.replaceAll(/[/:]/g, "_"), `${key}.tar`);
    if (existsSync(path)) return path;
    report.say(`    ${image.name}`);
    await mkdir(dirname(path), { recursive: true });
    const unfinished = `${path}.${randomUUID()}`;
    try {
        await pipeline(Readable.from(archiveContent(image).chunks()), createWriteStream(unfinished));
        await rename(unfinished, path);
    } finally {
        await rm(unfinished, { force: true });
    }
    return path;
}

function sha256(content: Content): string {
    const hash = createHash("sha256");
    for (const chunk of content.chunks()) hash.update(chunk);
    return hash.digest("hex");
}

/** The machine's architecture in the words of Go and of image formats. */
function architecture(): string {
    return process.arch === "x64" ? "amd64" : process.arch;
}
