import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";

import type { AttachedArtifact } from "../../components/images/lock.ts";
import { parseReference } from "../../components/images/reference.ts";
import { indexType, readIndex, type Blobs, type Descriptor, type Manifest } from "./layout.ts";

/** What came with an image: for the lock, and for the bundle's index by full reference. */
export interface Attached {
    readonly locked: readonly AttachedArtifact[];
    readonly named: ReadonlyMap<string, Descriptor>;
}

/** A tag made of a digest, as cosign makes them; without more behind it, it names the list of what refers to the digest. */
const digestTag = /^sha256-([0-9a-f]{64})(.*)$/;

/** Reads what regctl put beside the image into its layout. */
export function attachedTo(image: string, layout: string, blobs: Blobs): Attached {
    const { registry, repository } = parseReference(image);
    const locked: AttachedArtifact[] = [];
    const named = new Map<string, Descriptor>();
    for (const [tag, descriptor] of readIndex(layout)) {
        const [, hex = "", more = ""] = digestTag.exec(tag) ?? [];
        if (hex === "") continue;
        const referrers = more === "" ? blobs.manifest(descriptor.digest)?.manifests : undefined;
        if (referrers === undefined) {
            locked.push({ tag, digest: descriptor.digest });
            named.set(`${registry}/${repository}:${tag}`, descriptor);
            continue;
        }
        for (const { digest, artifactType = "" } of referrers) {
            locked.push({ subject: `sha256:${hex}`, digest, artifactType });
        }
        named.set(`${registry}/${repository}:${tag}`, inOneOrder(referrers, blobs));
    }
    return { locked, named };
}

/** The list in the order of digests: regctl writes it in the order in which the answers came. */
function inOneOrder(referrers: readonly Descriptor[], blobs: Blobs): Descriptor {
    const manifests = [...referrers].sort((one, other) => (one.digest < other.digest ? -1 : 1));
    const index: Manifest = { mediaType: indexType, manifests };
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, ...index }));
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    writeFileSync(blobs.path(digest), bytes);
    return { mediaType: indexType, digest, size: bytes.length };
}
