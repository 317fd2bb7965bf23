import type { Filter } from "./filters.ts";
import { Limiter } from "../registry/limiter.ts";
import { isMatch } from "./pattern.ts";
import { RegistryClient } from "../registry/registryClient.ts";
import type { Connection } from "../registry/transport.ts";

/** One tag on both sides of a run. A digest is empty where the tag is not. */
export interface Compared {
    /** `repository:tag` at the destination. */
    readonly image: string;
    readonly source: string;
    readonly destination: string;
}

const atOnce = 10;

/** Compares every tag that the filters select in the source's repositories with what stands at the destination. */
export async function compareDigests(
    harbor: Connection,
    remote: Connection,
    pushes: boolean,
    pairs: readonly { source: string; destination: string }[],
    filters: readonly Filter[],
): Promise<Compared[]> {
    const limiter = new Limiter(atOnce);
    const [ours, theirs] = [new RegistryClient(harbor, limiter), new RegistryClient(remote, limiter)];
    const [from, to] = pushes ? [ours, theirs] : [theirs, ours];
    try {
        const compared = await Promise.all(
            pairs.map(async ({ source, destination }) => {
                const tags = (await from.tags(source)).filter((tag) => isWanted(tag, filters));
                return Promise.all(
                    tags.map(async (tag) => {
                        const [there, here] = await Promise.all([
                            from.digest(source, tag),
                            to.digest(destination, tag),
                        ]);
                        return { image: `${destination}:${tag}`, source: there ?? "", destination: here ?? "" };
                    }),
                );
            }),
        );
        return compared.flat().sort((a, b) => (a.image < b.image ? -1 : 1));
    } finally {
        ours.close();
        theirs.close();
    }
}

function isWanted(tag: string, filters: readonly Filter[]): boolean {
    return filters
        .filter(({ type }) => type === "tag")
        .every(({ value = "", decoration }) => isMatch(value, tag) === (decoration !== "excludes"));
}
