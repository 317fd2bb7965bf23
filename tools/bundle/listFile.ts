import { wantedByReferences, type Wanted } from "./wanted.ts";

/** Beginnings of the lines of a list for kubespray: an image that its inventory pulls, and one that it only might. */
const needed = "[needed]";
const listed = "[list]";

/**
 * Reads a list of images: a reference on each line. What follows a `#` is a remark.
 * Lists for kubespray mark their images as `[needed]` or `[list]`; `onlyNeeded` takes the former alone.
 */
export function readList(text: string, file: string, onlyNeeded: boolean): Wanted[] {
    const lines = text.split(/\r?\n/).map((line, index) => ({
        text: line.replace(/(^|\s)#.*$/, "").trim(),
        from: `${file}:${(index + 1).toString()}`,
    }));
    const references = lines
        .filter(({ text }) => text !== "" && !(onlyNeeded && !text.startsWith(needed)))
        .map(({ text, from }) => {
            const mark = [needed, listed].find((one) => text.startsWith(one));
            return { text: mark === undefined ? text : text.slice(mark.length).trim(), from };
        });
    return wantedByReferences(references);
}
