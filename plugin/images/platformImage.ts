import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import type { Layout } from "./layout.ts";

/** A blob of a layout. */
export interface Blob {
    readonly mediaType: string;
    readonly digest: string;
    /** In bytes. */
    readonly size: number;
}

/** An image, as far as one kind of node needs it. */
export interface PlatformImage {
    /** What the image's name leads to: an index where there is one, else the manifest. */
    readonly target: Blob;
    /** The target, the manifest of the platform, its configuration and its layers. Others' manifests stay behind. */
    readonly blobs: readonly Blob[];
}

interface Platform {
    readonly os?: string;
    readonly architecture?: string;
    readonly variant?: string;
}

interface Manifest {
    readonly mediaType?: string;
    readonly manifests?: readonly (Blob & { readonly platform?: Platform })[];
    readonly config?: Blob;
    readonly layers?: readonly Blob[];
}

/**
 * Of an image in a layout, what a node of Linux with this architecture (Go's word for it) needs. `name` is what people call it.
 * Throws where the image has nothing for it, and where the layout lacks something.
 */
export function platformImage(layout: Layout, name: string, digest: string, architecture: string): PlatformImage {
    const read = (one: string): Manifest & Platform => readJson(layout, one);
    const refuse = (found: readonly Platform[]): never => {
        const has = [...new Set(found.flatMap(platformText))].sort().join(", ") || "none that is known";
        throw new Error(`the image ${name} is not for linux/${architecture}; it is for ${has}`);
    };
    const top = read(digest);
    const size = statSync(pathOf(layout, digest)).size;
    if (top.manifests === undefined) {
        const target = { mediaType: top.mediaType ?? "application/vnd.oci.image.manifest.v1+json", digest, size };
        const platform = read(configOf(top, name).digest);
        if (platform.os !== "linux" || platform.architecture !== architecture) refuse([platform]);
        return { target, blobs: [target, ...contentOf(top, name)] };
    }
    const target = { mediaType: top.mediaType ?? "application/vnd.oci.image.index.v1+json", digest, size };
    const fitting = top.manifests.filter(
        ({ platform }) => platform?.os === "linux" && platform.architecture === architecture,
    );
    // ARM has several: the newest one is what such a node is taken to run.
    const chosen = fitting.sort((a, b) => ((a.platform?.variant ?? "") < (b.platform?.variant ?? "") ? 1 : -1))[0];
    if (chosen === undefined) return refuse(top.manifests.map(({ platform = {} }) => platform));
    return { target, blobs: [target, plain(chosen), ...contentOf(read(chosen.digest), name)] };
}

/** Where a layout keeps a blob. */
export function blobPath(digest: string): string {
    if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Error(`"${digest}" is no digest that is known here`);
    return `blobs/sha256/${digest.slice(7)}`;
}

/** Its path on this machine. */
export function pathOf({ directory }: Layout, digest: string): string {
    return join(directory, blobPath(digest));
}

function contentOf(manifest: Manifest, name: string): Blob[] {
    return [plain(configOf(manifest, name)), ...(manifest.layers ?? []).map(plain)];
}

function configOf({ config }: Manifest, name: string): Blob {
    if (config === undefined) throw new Error(`${name} is no image: its manifest has no configuration`);
    return config;
}

function readJson(layout: Layout, digest: string): Manifest & Platform {
    try {
        return JSON.parse(readFileSync(pathOf(layout, digest), "utf8")) as Manifest & Platform;
    } catch (error) {
        const why = (error as Error).message;
        throw new Error(`the blob ${digest} of ${layout.directory} cannot be read: ${why}`, { cause: error });
    }
}

/** Without what only its place has said of it. */
function plain({ mediaType, digest, size }: Blob): Blob {
    return { mediaType, digest, size };
}

function platformText({ os = "unknown", architecture = "unknown", variant }: Platform): string[] {
    // Attestations stand among the platforms and are for none.
    if (os === "unknown") return [];
    return [[os, architecture, ...(variant === undefined ? [] : [variant])].join("/")];
}
