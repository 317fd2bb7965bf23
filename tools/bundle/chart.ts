import { run } from "./command.ts";
import { imagesIn } from "./podImages.ts";
import { wantedByReferences, type Wanted } from "./wanted.ts";

/** A Helm chart, and the files of values that it is installed with. */
export interface Chart {
    /** Folder, archive, or whatever else `helm template` takes. */
    readonly chart: string;
    readonly values: readonly string[];
}

/** The images of the pods that a chart makes with these values. */
export async function imagesOfChart({ chart, values }: Chart): Promise<Wanted[]> {
    const given = values.flatMap((file) => ["--values", file]);
    const rendered = await run("helm", ["template", "bundle", chart, ...given]);
    // A tenth of a second to load, so it is loaded where it is needed.
    const { loadAllYaml } = await import("@kubernetes/client-node");
    return wantedByReferences(imagesIn(loadAllYaml(rendered.toString())).map((text) => ({ text, from: chart })));
}
