import { join } from "node:path";

import { writeOrCheck } from "./docs/written.ts";
import { graphOf } from "./pictures/graph.ts";
import { mermaid } from "./pictures/mermaid.ts";
import { readStackFile } from "./render/stackFile.ts";

/** Writes `docs/pictures.md`: a picture of each stack, drawn from what the program registers. With `--check` it only compares. */
const stacks = {
    dev: "A registry in a cluster with Traefik, the trust of the nodes, and the proof.",
    casd: "An air-gapped site whose registry is a Harbor.",
    okd: "The registry that an OKD cluster has.",
    quay: "A Quay on an OKD cluster, by its operator.",
    kubespray: "A registry on a machine, before there is a cluster.",
} as const;

const root = join(import.meta.dirname, "..");
/** Stands for a program or an archive that everybody gets for his own machines. */
const file = { path: "LICENSE", sha256: "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30" };
const quayCredentials = { s3: { accessKey: "[not here]", secretKey: "[not here]" } };

const parts = [
    "# Pictures of the stacks",
    "Drawn from the resources that the program registers for each stack of this checkout, by `npm run generate`: do not edit. A frame is a component, a box in it holds the\nresources of one kind by their names in the stack, and an arrow leads to what has to be there first. Namespaces are left out.",
];
for (const [stack, what] of Object.entries(stacks)) {
    const vertices = await graphOf(settingsOf(stack));
    parts.push(
        `## ${stack}`,
        `${what} ${vertices.length.toString()} resources, in [Pulumi.${stack}.yaml](../Pulumi.${stack}.yaml).`,
        `\`\`\`mermaid\n${mermaid(vertices)}\n\`\`\``,
    );
}
writeOrCheck(join(root, "docs", "pictures.md"), `${parts.join("\n\n")}\n`);

function settingsOf(stack: string): Record<string, unknown> {
    const { values } = readStackFile(stack);
    const host = values["siteregistry:host"] as Record<string, unknown> | undefined;
    const quay = values["siteregistry:quay"];
    return {
        ...values,
        ...(host === undefined ? {} : { "siteregistry:host": { ...host, binary: file } }),
        ...(quay === undefined ? {} : { "siteregistry:quayCredentials": quayCredentials }),
    };
}
