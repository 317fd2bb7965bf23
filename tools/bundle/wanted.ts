import { parseReference, referenceText } from "../../components/images/reference.ts";
import { Refusal } from "../ca/refusal.ts";

/** One image that the bundle shall hold. */
export interface Wanted {
    /** Its full reference, which is its name in the bundle. */
    readonly image: string;
    /** Digest that it had where it was listed, if that is known: another one has been put under its tag since, or none. */
    readonly pinned?: string;
    /** Where it is, in skopeo's words, such as `docker-daemon:redis:7`. Without it, in the registry that its reference names. */
    readonly local?: string;
    /** Who asks for it, for errors: `images.txt:3`. */
    readonly from: string;
}

/** An image that somebody asks for by reference. Its digest, where it has one, is the one that was listed. */
export function wantedByReference(text: string, from: string, local?: string): Wanted {
    const reference = parseReference(text);
    const pinned = local === undefined ? reference.digest : undefined;
    return {
        image: referenceText(reference),
        from,
        ...(pinned === undefined ? {} : { pinned }),
        ...(local === undefined ? {} : { local }),
    };
}

/** Reads each text as a reference. Throws one error with every text that is none. */
export function wantedByReferences(texts: readonly { text: string; from: string }[]): Wanted[] {
    const mistakes: string[] = [];
    const wanted = texts.flatMap(({ text, from }) => {
        try {
            return [wantedByReference(text, from)];
        } catch (error) {
            mistakes.push(`${from}: ${error instanceof Error ? error.message : String(error)}`);
            return [];
        }
    });
    if (mistakes.length > 0) throw new Refusal(mistakes.join("\n"), "write each as registry/repository:tag");
    return wanted;
}

/** Each image once, by name. Refuses one that is asked for from two places, or with two digests. */
export function each(wanted: readonly Wanted[]): Wanted[] {
    const found = new Map<string, Wanted>();
    const mistakes: string[] = [];
    for (const one of wanted) {
        const other = found.get(one.image);
        if (other === undefined) {
            found.set(one.image, one);
        } else if (other.local !== one.local) {
            const places = [other, one].map(({ local, from }) => `${local ?? "its registry"} (${from})`);
            mistakes.push(`${one.image} is wanted from two places: ${places.join(" and ")}`);
        } else if (other.pinned !== undefined && one.pinned !== undefined && other.pinned !== one.pinned) {
            const digests = [other, one].map(({ pinned = "", from }) => `${pinned} (${from})`);
            mistakes.push(`${one.image} is wanted with two digests: ${digests.join(" and ")}`);
        } else if (other.pinned === undefined && one.pinned !== undefined) {
            found.set(one.image, one);
        }
    }
    if (mistakes.length > 0) throw new Refusal(mistakes.join("\n"), "ask for each image in one way");
    return [...found.values()].sort((one, other) => (one.image < other.image ? -1 : 1));
}
