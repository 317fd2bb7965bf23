import { parseReference, referenceText } from "./reference.ts";

/**
 * How names of upstream become names here. `path`: without the upstream's registry. `host`: with it, as the first folder. `name`: the last
 * part of the path alone.
 */
export const placementLayouts = ["path", "host", "name"] as const;
export type PlacementLayout = (typeof placementLayouts)[number];

/** An image to be placed. */
export interface Unplaced {
    /** Reference at its source, as people write it: `redis:7`, `registry.k8s.io/pause@sha256:…`. */
    readonly image: string;
    /** Name here, by hand: `tools/redis`, or `tools/redis:7.2` with another tag. */
    readonly as?: string | undefined;
}

/** Where an image is placed in a registry. */
export interface Place {
    /** Full reference at its source. */
    readonly image: string;
    /** Path in the registry. */
    readonly repository: string;
    /** Undefined where it is found by digest alone. */
    readonly tag: string | undefined;
}

/** How images are placed. */
export interface PlacementArgs {
    layout: PlacementLayout;
    /** What stands before every path, such as a project of Harbor. */
    folder?: string | undefined;
}

/**
 * Where these images go, in their order.
 * Throws one error with every reference that is none, and with the names of both where two would land on one name.
 */
export function placeImages(images: readonly Unplaced[], args: PlacementArgs): Place[] {
    const { places, mistakes } = place(images, args);
    if (mistakes.length > 0) throw new Error(mistakes.join("\n  "));
    return places;
}

/** What {@link placeImages} would throw for, a line each. */
export function placementMistakes(images: readonly Unplaced[], args: PlacementArgs): string[] {
    return place(images, args).mistakes;
}

function place(
    images: readonly Unplaced[],
    { layout, folder = "" }: PlacementArgs,
): { places: Place[]; mistakes: string[] } {
    const mistakes: string[] = [];
    const places: Place[] = [];
    const taken = new Map<string, string>();
    for (const unplaced of images) {
        try {
            const found = placeOf(unplaced, layout, folder);
            const name = targetOf(found, parseReference(unplaced.image).digest);
            const other = taken.get(name);
            if (other !== undefined) {
                const what = other === found.image ? `${other} is named twice and` : `${other} and ${found.image} both`;
                mistakes.push(`${what} would be ${name}: leave one out, or give one another name with \`as\``);
            }
            taken.set(name, found.image);
            places.push(found);
        } catch (error) {
            mistakes.push((error as Error).message);
        }
    }
    return { places, mistakes };
}

/** The name in a registry, without its host: `library/redis:7`, or with the digest where there is no tag. */
export function targetOf({ repository, tag }: Place, digest: string | undefined): string {
    return tag === undefined ? `${repository}@${digest ?? ""}` : `${repository}:${tag}`;
}

function placeOf({ image, as }: Unplaced, layout: PlacementLayout, folder: string): Place {
    const source = parseReference(image);
    // A port's colon is not allowed in a path.
    const host = source.registry.toLowerCase().replace(/[[\]]/g, "").replace(/:/g, "-");
    const [name = ""] = source.repository.split("/").slice(-1);
    const path = layout === "host" ? `${host}/${source.repository}` : layout === "name" ? name : source.repository;
    const chosen = as === undefined ? { repository: path, tag: source.tag } : named(as, source.tag);
    const repository = folder === "" ? chosen.repository : `${folder}/${chosen.repository}`;
    return { image: referenceText(source), repository, tag: chosen.tag };
}

/** A name by hand is a path; what looks like a registry in it would be taken for one. */
function named(as: string, tag: string | undefined): Pick<Place, "repository" | "tag"> {
    const { repository, tag: own } = parseReference(`name.invalid/${as}`);
    const hasTag = /:[^/]*$/.test(as);
    return { repository, tag: hasTag ? own : tag };
}
