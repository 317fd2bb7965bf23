import type { AttachedArtifact } from "../../components/images/lock.ts";
import { parseReference } from "../../components/images/reference.ts";
import { Limiter } from "../registry/limiter.ts";
import { RegistryClient } from "../registry/registryClient.ts";
import type { Connection } from "../registry/transport.ts";
import type { Found, Listed, Source } from "./source.ts";

/** Requests in flight to a registry that is copied from. */
const atOnce = 10;
/** Ends of the tags, made of an image's digest, under which cosign leaves something beside it. */
const kinds = ["sig", "att", "sbom"];

/** A registry as a source. A tag is looked up once; what is copied is its digest, whatever becomes of the tag meanwhile. */
export function registrySource(host: string, connection: Connection): Source {
    return {
        layout: undefined,
        connection,
        find: async (list = []) => {
            const client = new RegistryClient(connection, new Limiter(atOnce));
            try {
                const looked = await Promise.all(list.map((one) => lookUp(client, one)));
                const missing = looked.filter((one) => typeof one === "string");
                if (missing.length > 0) throw new Error([`${host} lacks what is listed:`, ...missing].join("\n  "));
                return looked.filter((one) => typeof one !== "string");
            } finally {
                client.close();
            }
        },
    };
}

/** An image, with what is attached to it; or in words why it is not to be had. */
async function lookUp(client: RegistryClient, { image, digest: wanted }: Listed): Promise<Found | string> {
    const { repository, tag, digest: own } = parseReference(image);
    const asked = wanted ?? own;
    const digest = await client.digest(repository, asked ?? tag ?? "latest");
    if (digest !== undefined)
        return { image, digest: asked ?? digest, attached: await attachedTo(client, repository, digest) };
    const now = asked === undefined || tag === undefined ? undefined : await client.digest(repository, tag);
    const moved = now === undefined ? "" : `: the tag has moved to ${now} since, and the old one was removed`;
    return `${image}${asked === undefined ? "" : ` (${asked})`} is not there${moved}`;
}

/**
 * What belongs to an image, by cosign's tags and by `subject`: to the whole, to each of its platforms, and to what belongs to those in
 * its turn. What points to another manifest comes after it.
 */
async function attachedTo(client: RegistryClient, repository: string, image: string): Promise<AttachedArtifact[]> {
    const found: AttachedArtifact[] = [];
    const seen = new Set<string>();
    let next = [image, ...(await client.parts(repository, image)).map(({ digest }) => digest)];
    while (next.length > 0) {
        const those = [...new Set(next)].filter((digest) => !seen.has(digest));
        for (const digest of those) seen.add(digest);
        const attached = (await Promise.all(those.map((digest) => besides(client, repository, digest)))).flat();
        found.push(...attached.filter(({ digest }) => !seen.has(digest)));
        next = attached.map(({ digest }) => digest);
    }
    return found;
}

/** What belongs to one manifest. */
async function besides(client: RegistryClient, repository: string, subject: string): Promise<AttachedArtifact[]> {
    const tags = kinds.map((kind) => `${subject.replace(":", "-")}.${kind}`);
    const [referrers, ...tagged] = await Promise.all([
        client.referrers(repository, subject),
        ...tags.map(async (tag) => ({ tag, digest: await client.digest(repository, tag) })),
    ]);
    return [
        ...tagged.flatMap(({ tag, digest }) => (digest === undefined ? [] : [{ tag, digest }])),
        ...referrers.map(({ digest, artifactType = "" }) => ({ subject, digest, artifactType })),
    ];
}
