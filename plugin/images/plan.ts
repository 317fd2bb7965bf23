import { placeImages, type PlacementLayout } from "../../components/images/placement.ts";
import { parseReference, referenceText } from "../../components/images/reference.ts";
import type { Found, Listed } from "./source.ts";
import type { Wanted } from "./wanted.ts";

/** An image of the list, as a person wrote it. */
export interface ListEntry {
    readonly image: string;
    readonly digest?: string | undefined;
    readonly as?: string | undefined;
}

/** How names of upstream become names in the registry. */
export interface Placing {
    readonly list: readonly ListEntry[] | undefined;
    readonly layout: PlacementLayout;
    /** What stands before every path. */
    readonly folder: string | undefined;
}

/** The list with full references. */
export function listedOf(list: readonly ListEntry[] | undefined): Listed[] | undefined {
    return list?.map(({ image, digest }) => {
        const reference = parseReference(image);
        return { image: referenceText(reference), digest: digest ?? reference.digest };
    });
}

/** Every manifest that the registry shall have: each image, and after it what is attached to it. */
export function wantedOf(found: readonly Found[], { list, layout, folder }: Placing): Wanted[] {
    const names = new Map(list?.map(({ image, as }) => [referenceText(parseReference(image)), as]));
    const places = placeImages(
        found.map(({ image }) => ({ image, as: names.get(image) })),
        { layout, folder },
    );
    return places.flatMap(({ image, repository, tag }, index) => {
        const { digest = "", attached = [] } = found[index] ?? {};
        return [
            { image, repository, ...(tag === undefined ? {} : { tag }), digest },
            ...attached.map((one) => ({
                ...{ image, repository, digest: one.digest, attached: true as const },
                ...("tag" in one ? { tag: one.tag } : { subject: one.subject }),
            })),
        ];
    });
}
