import { z } from "zod";

import { isDigest, parseReference, referenceText } from "./reference.ts";

/** What a bundle holds, by digest: the content of its `images.lock.json`. */
export interface ImageLock {
    readonly version: 1;
    /** Sorted by `image`, which names each one once. */
    readonly images: readonly LockedImage[];
}

/** One image of a bundle. */
export interface LockedImage {
    /** Full reference of its source, which is also its name in the bundle's index: `docker.io/library/redis:7`. */
    readonly image: string;
    /** Digest of its manifest, or of its index where it has several platforms. */
    readonly digest: string;
    /** Media type of what `digest` names. */
    readonly mediaType: string;
    /** `all`, or the platforms that were asked for, as `linux/amd64` or `linux/arm64/v8`. */
    readonly platforms: "all" | readonly string[];
    /** Size of its manifests, configurations and layers, each once, in bytes; what is attached does not count. */
    readonly size: number;
    /** Signatures, attestations and the like that came with it. */
    readonly attached: readonly AttachedArtifact[];
}

/** Something that belongs to an image: named by a tag made of the image's digest, or by its own `subject`. */
export type AttachedArtifact = TaggedArtifact | Referrer;

/** Found by a tag such as `sha256-<digits>.sig` in the image's repository. */
export interface TaggedArtifact {
    readonly tag: string;
    readonly digest: string;
}

/** Found by the registry's referrers API. */
export interface Referrer {
    /** Digest of the manifest that it is about. */
    readonly subject: string;
    readonly digest: string;
    /** What it is; empty where its manifest does not say. */
    readonly artifactType: string;
}

/** Name of the lock in a bundle. */
export const lockFile = "images.lock.json";

const digest = z.string().refine(isDigest, "must be sha256: and 64 hexadecimal digits");
const attached = z.union(
    [
        z.strictObject({ tag: z.string().regex(/^\w[\w.-]{0,127}$/), digest }),
        z.strictObject({ subject: digest, digest, artifactType: z.string() }),
    ],
    "must be a tag and a digest, or a subject, a digest and an artifactType",
);
const platform = z.string().regex(/^[\w.-]+(\/[\w.-]+){1,2}$/);
const image = z.strictObject({
    image: z.string().refine(isFullReference, "must be a full reference, as docker.io/library/redis:7"),
    digest,
    mediaType: z.string().min(1),
    platforms: z.union([z.literal("all"), z.array(platform).min(1)], 'must be "all" or a list as ["linux/amd64"]'),
    size: z.int().nonnegative(),
    attached: z.array(attached),
});
const lock = z.strictObject({ version: z.literal(1), images: z.array(image) });

/**
 * Reads a lock. Throws an error that names the file, and each mistake with its key; `file` is what the person calls it.
 */
export function parseLock(text: string, file: string): ImageLock {
    let given: unknown;
    try {
        given = JSON.parse(text);
    } catch (error) {
        throw new Error(`${file} is no JSON: ${String(error)}`, { cause: error });
    }
    const read = lock.safeParse(given);
    const mistakes = read.success
        ? repeated(read.data)
        : read.error.issues.map((issue) => `${keyOf(issue.path)}: ${issue.message}`);
    if (!read.success || mistakes.length > 0) {
        throw new Error([`${file} is no lock of images:`, ...mistakes].join("\n  "));
    }
    return sorted(read.data);
}

/** The text of a lock: the same content makes the same text, whatever the order it comes in. */
export function lockText(content: ImageLock): string {
    return `${JSON.stringify(sorted(content), undefined, 2)}\n`;
}

/** In one order of images, of what is attached, and of keys. */
function sorted({ images }: ImageLock): ImageLock {
    return {
        version: 1,
        images: images
            .map(({ image, digest, mediaType, platforms, size, attached }) => ({
                image,
                digest,
                mediaType,
                platforms: platforms === "all" ? platforms : [...platforms].sort(),
                size,
                attached: attached
                    .map((one) =>
                        "tag" in one
                            ? { tag: one.tag, digest: one.digest }
                            : { subject: one.subject, digest: one.digest, artifactType: one.artifactType },
                    )
                    .sort((one, other) => compare(JSON.stringify(one), JSON.stringify(other))),
            }))
            .sort((one, other) => compare(one.image, other.image)),
    };
}

/** By code unit: the order of a locale differs between machines. */
function compare(one: string, other: string): number {
    return one < other ? -1 : one > other ? 1 : 0;
}

function repeated({ images }: ImageLock): string[] {
    return images.flatMap(({ image }, index) => {
        const first = images.findIndex((one) => one.image === image);
        return first === index
            ? []
            : [`images[${index.toString()}].image: ${image} is images[${first.toString()}] too`];
    });
}

function isFullReference(text: string): boolean {
    try {
        return referenceText(parseReference(text)) === text;
    } catch {
        return false;
    }
}

function keyOf(path: readonly PropertyKey[]): string {
    const key = path.map((part) => (typeof part === "number" ? `[${part.toString()}]` : `.${String(part)}`)).join("");
    return key === "" ? "the whole" : key.replace(/^\./, "");
}
