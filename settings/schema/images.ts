import { z } from "zod";

import { placementLayouts, placementMistakes, type PlacementLayout } from "../../components/images/placement.ts";
import { isDigest, parseReference } from "../../components/images/reference.ts";
import { hostProblem } from "../../components/registry/hosts.ts";
import { label } from "./common.ts";
import { firstImages } from "./firstImages.ts";

/** Where seeded images may go besides a host. `none`: nowhere; then the section is about the first images alone. */
export const namedDestinations = ["registry", "host", "harbor", "okd", "none"] as const;

const pem = z
    .string()
    .regex(/-----BEGIN CERTIFICATE-----/, "allowed is PEM with at least one certificate")
    .optional();
const path = z.string().min(1, "allowed is a path on the machine that runs Pulumi");
const digits = /^[0-9a-f]{64}$/;

const source = z.strictObject({
    kind: z
        .enum(["bundle", "directory", "archive", "registry"])
        .describe(
            "`bundle`: a file of `npm run bundle`. `directory`: an OCI image layout. `archive`: an OCI or Docker archive. " +
                "`registry`: another registry.",
        ),
    path: path.optional().describe("The file or folder, on the machine that runs Pulumi. Not for `registry`."),
    sha256: z
        .string()
        .regex(digits, "allowed are 64 lower-case hexadecimal digits, as `npm run bundle` prints them")
        .optional()
        .describe("SHA-256 of that file. For `bundle` and `archive`."),
    host: z
        .string()
        .optional()
        .describe("`host[:port]`, for `registry`. Its login, if it has one, is `imageCredentials[host]`."),
    caBundle: pem.describe("Roots that sign its certificate, PEM. For `registry`."),
});

const listed = z.strictObject({
    image: z.string().describe("Reference at its source: `redis:7`, `registry.k8s.io/pause@sha256:…`."),
    digest: z
        .string()
        .refine(isDigest, "allowed is sha256: and 64 hexadecimal digits")
        .optional()
        .describe("Digest that it must have."),
    as: z.string().optional().describe("Its name in the registry: `tools/redis`, or `tools/redis:7.2`."),
});

/** Images that a registry shall have. */
export const images = z
    .strictObject({
        source: source.describe("Where they come from."),
        list: z
            .array(listed)
            .min(1)
            .optional()
            .describe("Which ones. Without it, everything that the source names; `archive` and `registry` need it."),
        layout: z
            .enum(placementLayouts)
            .default("path")
            .describe(
                "`path`: `quay.io/team/app:1` becomes `<host>/team/app:1`. `host`: `<host>/quay.io/team/app:1`. `name`: `<host>/app:1`.",
            ),
        destination: z
            .string()
            .default("registry")
            .describe(
                "`registry`: that of this stack. `host`: those on the machines of the section. `harbor`: that of the section. `okd`: that of the cluster, by its first route and the builder of the project `folder`. `host[:port]`: another one, whose login is " +
                    "`imageCredentials[host]`. `none`: nothing is copied.",
            ),
        folder: z
            .string()
            .regex(/^[a-z0-9]+([._/-][a-z0-9]+)*$/, "allowed is a path of lower-case letters and digits")
            .optional()
            .describe("What stands before every path there. In a Harbor, the first part of it is the project."),
        caBundle: pem.describe("Roots that sign the certificate of a `destination` that is a host, PEM."),
        address: z
            .string()
            .regex(/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?$/, "allowed is host[:port]")
            .optional()
            .describe(
                "`host[:port]` to connect to, where the machine that runs Pulumi does not know the registry's name.",
            ),
        reach: z
            .enum(["auto", "direct", "cluster"])
            .default("auto")
            .describe(
                "`direct`: from that machine. `cluster`: by the Kubernetes API, to a pod. `auto`: the first that works.",
            ),
        service: z
            .strictObject({
                namespace: z.string().regex(label).describe("Namespace."),
                name: z.string().regex(label).describe("Name."),
                port: z.int().min(1).max(65535).describe("Port on which its pods listen."),
            })
            .optional()
            .describe("Service for the way by the Kubernetes API. This stack's own registry needs none."),
        concurrency: z.int().min(1).max(32).default(4).describe("Images that are copied at once."),
        patienceSeconds: z.int().min(0).default(120).describe("How long one image may go wrong before it is given up."),
        attached: z.boolean().default(true).describe("Whether signatures, attestations and SBOMs come along."),
        firstImages,
    })
    .superRefine((value, context) => {
        const refuse = (at: (string | number)[], message: string): void => {
            context.addIssue({ code: "custom", path: at, message });
        };
        const { kind } = value.source;
        if (kind === "registry" && value.firstImages !== undefined)
            refuse(
                ["firstImages"],
                "images come to nodes from a bundle, a directory or an archive, and the source is a registry",
            );
        const isFile = kind === "bundle" || kind === "archive";
        for (const [key, wanted] of [
            ["path", kind !== "registry"],
            ["sha256", isFile],
            ["host", kind === "registry"],
        ] as const) {
            const given = value.source[key] !== undefined;
            if (wanted && !given) refuse(["source", key], `a source of the kind ${kind} needs it`);
            if (!wanted && given) refuse(["source", key], `a source of the kind ${kind} has none: leave it out`);
        }
        if (value.source.caBundle !== undefined && kind !== "registry")
            refuse(["source", "caBundle"], `a source of the kind ${kind} has none: leave it out`);
        if ((kind === "archive" || kind === "registry") && value.list === undefined)
            refuse(["list"], `a source of the kind ${kind} must be told which images`);
        const { destination } = value;
        const isNamed = namedDestinations.some((one) => one === destination);
        const problem = isNamed ? undefined : hostProblem(destination);
        if (problem !== undefined)
            refuse(
                ["destination"],
                `allowed are registry, host, harbor, okd, none, or the host of another one: ${problem}`,
            );
        if (isNamed && value.caBundle !== undefined)
            refuse(["caBundle"], `the roots of the destination ${destination} are known: leave it out`);
        if (value.reach === "cluster" && destination !== "registry" && value.service === undefined)
            refuse(["service"], "reach is cluster, so the Service must be named");
        refuseList(value, refuse);
    });

/** What stands against images in the registry of an OKD cluster, by key; nothing where they do not go there. */
export function intoOkdMistakes(
    section: z.infer<typeof images> | undefined,
    builders: readonly { readonly namespace: string }[] | undefined,
): [key: string, message: string][] {
    if (section?.destination !== "okd") return [];
    if (builders === undefined) return [["destination", "there is no `okd` section; allowed are also a host and none"]];
    const { folder, layout, list = [] } = section;
    const projects = [...new Set(builders.map(({ namespace }) => namespace))];
    const known = projects.join(", ") || "none: give okd.builders one";
    const mistakes: [string, string][] = [];
    if (folder === undefined || !projects.includes(folder))
        mistakes.push(["folder", `must be the project of one of okd.builders, who pushes there; known are ${known}`]);
    // Its registry makes an image stream of each repository, and a stream is in a project and nowhere else.
    if (layout !== "name") mistakes.push(["layout", "OKD keeps images as <project>/<name>: allowed is name"]);
    list.forEach(({ as = "" }, index) => {
        if (as.includes("/"))
            mistakes.push([
                "list",
                `${index.toString()}.as: "${as}" has a folder, and OKD keeps images as <project>/<name>`,
            ]);
    });
    return mistakes;
}

interface WithList {
    source: z.infer<typeof source>;
    list?: z.infer<typeof listed>[] | undefined;
    layout: PlacementLayout;
    folder?: string | undefined;
}

/** What no single entry tells: where it is, and whether two would land on one name. */
function refuseList(
    { list = [], layout, folder, source: { kind, host } }: WithList,
    refuse: (at: (string | number)[], message: string) => void,
): void {
    let good = true;
    for (const [index, { image }] of list.entries()) {
        try {
            const { registry } = parseReference(image);
            if (kind !== "registry" || host === undefined || registry === host) continue;
            refuse(["list", index, "image"], `is at ${registry}, but images.source.host is ${host}`);
        } catch (error) {
            refuse(["list", index, "image"], (error as Error).message);
        }
        good = false;
    }
    if (!good) return;
    for (const mistake of placementMistakes(list, { layout, folder })) refuse(["list"], mistake);
}
