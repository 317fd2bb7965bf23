import { isUnknown, type Properties } from "../properties.ts";
import type { Failure } from "../resource.ts";
import { parseReference } from "../../components/images/reference.ts";

/** Where images come from. */
export interface ImagesSource {
    /** `bundle`: a file that `npm run bundle` made. `directory`: an OCI image layout. `archive`: an OCI or Docker archive. */
    readonly kind: "bundle" | "directory" | "archive";
    /** Of a file, in hexadecimal digits. Of a directory, of its `index.json`: set by `check`, never given. */
    readonly sha256?: string;
}

/** What `NodeImages` is given. */
export interface NodeImagesArgs {
    readonly source: ImagesSource;
    /** Where it lies on the machine of `pulumi up`: no part of what it is. */
    readonly path: string;
    /** Names that pods use, which the source has too. */
    readonly images: readonly string[];
    /** Names of nodes; without it, `selector` tells them. */
    readonly nodes?: readonly string[];
    /** Labels that nodes must have; an empty one is every node. */
    readonly selector?: Readonly<Record<string, string>>;
    readonly namespace: string;
    /** What tells these pins from those of others on the same nodes. */
    readonly owner: string;
    /** `auto`, or an image to start importers from. */
    readonly importerImage: string;
    /** `auto`, or the path of containerd's socket. */
    readonly socket: string;
    readonly timeoutSeconds: number;
    /** The nodes that `selector` chose. Set by `check`, never given. */
    readonly chosen?: readonly string[];
}

/** What is kept in the state besides. */
export interface BroughtImage {
    readonly node: string;
    readonly image: string;
    readonly digest: string;
    /** Every name that it has on the node. */
    readonly names: readonly string[];
    /** `present`: it was there. `imported`: it was sent. */
    readonly how: string;
}

/** Mistakes in what was given, by key, all at once. What is not known yet passes. */
export function argumentMistakes(inputs: Properties): Failure[] {
    const failures: Failure[] = [];
    const refuse = (property: string, reason: string): void => {
        failures.push({ property, reason });
    };
    const known = (key: string): unknown => (isUnknown(inputs[key]) ? undefined : inputs[key]);
    const source = known("source") as Partial<ImagesSource> | undefined;
    if (source !== undefined) sourceMistakes(source, refuse);
    else if (inputs.source === undefined) refuse("source", "is missing; it must be a bundle or a directory");
    const { path } = inputs;
    if (typeof path !== "string" || path === "") refuse("path", "is missing; it must be a path on this machine");
    imageMistakes(known("images"), isUnknown(inputs.images), refuse);
    const { nodes, selector } = inputs;
    if ((nodes === undefined) === (selector === undefined)) refuse("nodes", "give either nodes or a selector");
    if (nodes !== undefined && !isUnknown(nodes) && !texts(nodes)) refuse("nodes", "must name at least one node");
    for (const key of ["namespace", "owner"]) {
        const value = known(key) ?? inputs[key];
        // Both become names and labels in the cluster.
        if (!isUnknown(value) && !(typeof value === "string" && /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value)))
            refuse(key, `is ${JSON.stringify(value)}; allowed are 1 to 63 lower-case letters, digits and '-'`);
    }
    const socket = known("socket");
    if (socket !== undefined && socket !== "auto" && !(typeof socket === "string" && /^\/[^\s|]+$/.test(socket)))
        refuse("socket", `is ${JSON.stringify(socket)}; allowed is auto, or an absolute path on the nodes`);
    const seconds = known("timeoutSeconds");
    if (seconds !== undefined && !(typeof seconds === "number" && seconds > 0))
        refuse("timeoutSeconds", "must be a number of seconds above 0");
    return failures;
}

function sourceMistakes({ kind, sha256 }: Partial<ImagesSource>, refuse: (key: string, why: string) => void): void {
    if (kind === undefined || !["bundle", "directory", "archive"].includes(kind)) {
        refuse("source.kind", `is ${JSON.stringify(kind)}; allowed is bundle, directory or archive`);
    }
    if (kind !== "directory" && !isUnknown(sha256) && !/^[0-9a-f]{64}$/i.test(String(sha256)))
        refuse("source.sha256", "a file needs its SHA-256, as `npm run bundle` printed it: 64 hexadecimal digits");
}

function imageMistakes(images: unknown, isOpen: boolean, refuse: (key: string, why: string) => void): void {
    if (isOpen) return;
    if (!texts(images)) {
        refuse("images", "must name at least one image");
        return;
    }
    (images as string[]).forEach((image, index) => {
        try {
            parseReference(image);
        } catch (error) {
            refuse(`images[${index.toString()}]`, (error as Error).message);
        }
    });
}

function texts(value: unknown): boolean {
    return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "string" && one !== "");
}
