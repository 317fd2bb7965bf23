/** What an importer said. */
export interface ImportReport {
    /** Version of the node's containerd; empty where it did not come so far. */
    readonly containerd: string;
    /** Numbers of the images that are not there. */
    readonly missing: readonly number[];
    /** Numbers of those that are. */
    readonly present: readonly number[];
    /** Why it gave up. */
    readonly failure?: string;
    /** Whether it came to its end. */
    readonly done: boolean;
}

/** Reads the lines that `importer.sh` writes. What it does not know is passed over. */
export function readImportReport(text: string): ImportReport {
    const lines = text.split("\n").map((line) => line.trim());
    const after = (word: string): string[] =>
        lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
    const numbers = (state: string): number[] =>
        after("image").flatMap((rest) => {
            const [number, is] = rest.split(" ");
            return is === state ? [Number(number)] : [];
        });
    const [failure] = after("failed");
    return {
        containerd: after("containerd")[0] ?? "",
        missing: numbers("missing"),
        present: numbers("present"),
        ...(failure === undefined ? {} : { failure }),
        done: lines.includes("done"),
    };
}
