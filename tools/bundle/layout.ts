import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** What an index or a manifest says of something else (https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md). */
export interface Descriptor {
    readonly mediaType: string;
    readonly digest: string;
    /** In bytes. */
    readonly size: number;
    readonly artifactType?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string };
    /** Where a layer is that no registry holds. */
    readonly urls?: readonly string[];
}

/** An index, or a manifest: what names other content. */
export interface Manifest {
    readonly mediaType?: string;
    readonly manifests?: readonly Descriptor[];
    readonly config?: Descriptor;
    readonly layers?: readonly Descriptor[];
    readonly subject?: Descriptor;
    readonly artifactType?: string;
}

/** Name of an image in a layout's index. */
export const nameAnnotation = "org.opencontainers.image.ref.name";

export const indexType = "application/vnd.oci.image.index.v1+json";
const indexes = [indexType, "application/vnd.docker.distribution.manifest.list.v2+json"];
const manifests = [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    ...indexes,
];

/** Content by digest: the `blobs` folder of an OCI layout. */
export class Blobs {
    /** Folder of the blobs by SHA-256. */
    readonly folder: string;

    constructor(folder: string) {
        this.folder = folder;
    }

    path(digest: string): string {
        return join(this.folder, digest.slice("sha256:".length));
    }

    /** Whether the content is here, and as long as it should be. */
    has({ digest, size }: Descriptor): boolean {
        return statSync(this.path(digest), { throwIfNoEntry: false })?.size === size;
    }

    /** A manifest, or undefined where it is not here or is not what its digest says. */
    manifest(digest: string): Manifest | undefined {
        let bytes: Buffer;
        try {
            bytes = readFileSync(this.path(digest));
        } catch {
            return undefined;
        }
        if (`sha256:${createHash("sha256").update(bytes).digest("hex")}` !== digest) return undefined;
        return JSON.parse(bytes.toString()) as Manifest;
    }

    /** Everything below a manifest or an index, with itself, by digest; and what of that is not here. */
    below(top: Descriptor): { found: Map<string, Descriptor>; missing: Descriptor[] } {
        const found = new Map<string, Descriptor>();
        const missing: Descriptor[] = [];
        const visit = (one: Descriptor): void => {
            if (found.has(one.digest)) return;
            const manifest = isManifest(one) ? this.manifest(one.digest) : undefined;
            if (!this.has(one) || (isManifest(one) && manifest === undefined)) {
                // Layers that a vendor keeps to itself are in no registry, and so in no bundle.
                if ((one.urls ?? []).length === 0) missing.push(one);
                return;
            }
            found.set(one.digest, one);
            const { manifests = [], config, layers = [] } = manifest ?? {};
            for (const next of [...manifests, ...(config === undefined ? [] : [config]), ...layers]) visit(next);
        };
        visit(top);
        return { found, missing };
    }

    /** The platforms of an index or an image, as `linux/arm64/v8`. What is no image, such as a buildkit attestation, has none. */
    platforms(top: Descriptor): string[] {
        const { manifests, config } = this.manifest(top.digest) ?? {};
        if (manifests !== undefined) {
            return manifests.flatMap(({ platform }) =>
                platform === undefined || platform.os === "unknown" ? [] : [platformText(platform)],
            );
        }
        if (config === undefined) return [];
        try {
            const { os, architecture, variant } = JSON.parse(readFileSync(this.path(config.digest), "utf8")) as {
                os?: string;
                architecture?: string;
                variant?: string;
            };
            if (os === undefined || architecture === undefined) return [];
            return [platformText({ os, architecture, ...(variant === undefined ? {} : { variant }) })];
        } catch {
            return [];
        }
    }
}

export function isManifest({ mediaType }: Descriptor): boolean {
    return manifests.includes(mediaType);
}

export function isIndex({ mediaType }: Descriptor): boolean {
    return indexes.includes(mediaType);
}

/** The images that a layout's index names, by name. */
export function readIndex(layout: string): Map<string, Descriptor> {
    const { manifests = [] } = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as Manifest;
    return new Map(manifests.map((one) => [one.annotations?.[nameAnnotation] ?? "", one]));
}

function platformText({ os, architecture, variant }: NonNullable<Descriptor["platform"]>): string {
    return [os, architecture, ...(variant === undefined ? [] : [variant])].join("/");
}

/** Whether a platform is one that was asked for: without a variant, `linux/arm64` is `linux/arm64/v8` too. */
export function isPlatform(platform: string, asked: string): boolean {
    return platform === asked || platform.startsWith(`${asked}/`) || asked.startsWith(`${platform}/`);
}
