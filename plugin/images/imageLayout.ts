import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** What points to a blob in an OCI image layout. */
export interface Descriptor {
    readonly mediaType: string;
    readonly digest: string;
    /** In bytes. */
    readonly size: number;
    readonly platform?: { readonly os?: string; readonly architecture?: string; readonly variant?: string };
    readonly annotations?: Readonly<Record<string, string>>;
}

/** An image of a layout, as far as one kind of node needs it. */
export interface PlatformImage {
    /** What the image's name leads to: an index where there is one, else the manifest. */
    readonly target: Descriptor;
    /** The target, the manifest of the platform, its configuration and its layers. Others' manifests stay behind. */
    readonly blobs: readonly Descriptor[];
}

/** Annotation by which a layout's index names its images. */
const nameAnnotation = "org.opencontainers.image.ref.name";
const indexTypes = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];
/** A manifest or an index is no larger than this; registries refuse more. */
const largestManifest = 4 << 20;

/** An OCI image layout in a folder. It is only read. */
export class Layout {
    readonly directory: string;
    private readonly named: ReadonlyMap<string, Descriptor>;

    private constructor(directory: string, named: ReadonlyMap<string, Descriptor>) {
        this.directory = directory;
        this.named = named;
    }

    /** Opens a layout. Throws where the folder holds none. */
    static async open(directory: string): Promise<Layout> {
        let index: { manifests?: Descriptor[] };
        try {
            await readFile(join(directory, "oci-layout"));
            index = JSON.parse(await readFile(join(directory, "index.json"), "utf8")) as typeof index;
        } catch (error) {
            throw new Error(`${directory} is no OCI image layout: ${(error as Error).message}`, { cause: error });
        }
        const named = (index.manifests ?? []).flatMap((one): [string, Descriptor][] => {
            const name = one.annotations?.[nameAnnotation];
            return name === undefined ? [] : [[name, one]];
        });
        return new Layout(directory, new Map(named));
    }

    /** Names of the images, sorted. */
    get names(): string[] {
        return [...this.named.keys()].sort();
    }

    /** Digest of the image of that name; undefined where there is none. */
    digestOf(name: string): string | undefined {
        return this.named.get(name)?.digest;
    }

    /** What a node of Linux with this architecture (Go's word for it) needs. Throws where the image has nothing for it. */
    async platformImage(name: string, architecture: string): Promise<PlatformImage> {
        const top = this.named.get(name);
        if (top === undefined) throw new Error(`there is no image ${name}`);
        const target = plain(top);
        const refuse = (found: readonly string[]): never => {
            const has = found.length === 0 ? "none that is known" : [...new Set(found)].sort().join(", ");
            throw new Error(`the image ${name} is not for linux/${architecture}; it is for ${has}`);
        };
        if (!indexTypes.includes(top.mediaType)) {
            const { blobs, platform } = await this.manifest(target);
            if (platform.os !== "linux" || platform.architecture !== architecture) {
                refuse([`${platform.os}/${platform.architecture}`]);
            }
            return { target, blobs: [target, ...blobs] };
        }
        const { manifests = [] } = await this.json<{ manifests?: Descriptor[] }>(target);
        const chosen = bestOf(manifests, architecture);
        if (chosen === undefined) return refuse(manifests.flatMap(platformText));
        const { blobs } = await this.manifest(plain(chosen));
        return { target, blobs: [target, plain(chosen), ...blobs] };
    }

    /** Path of a blob. */
    path(digest: string): string {
        return join(this.directory, blobPath(digest));
    }

    private async manifest(
        descriptor: Descriptor,
    ): Promise<{ blobs: Descriptor[]; platform: { os: string; architecture: string } }> {
        const { config, layers = [] } = await this.json<{ config?: Descriptor; layers?: Descriptor[] }>(descriptor);
        if (config === undefined)
            throw new Error(`${descriptor.digest} is no image: its manifest has no configuration`);
        const { os = "", architecture = "" } = await this.json<{ os?: string; architecture?: string }>(config);
        return { blobs: [plain(config), ...layers.map(plain)], platform: { os, architecture } };
    }

    private async json<Content>({ digest, size }: Descriptor): Promise<Content> {
        if (size > largestManifest) throw new Error(`${digest} says that it has ${size.toString()} bytes: too many`);
        try {
            return JSON.parse(await readFile(this.path(digest), "utf8")) as Content;
        } catch (error) {
            const why = (error as Error).message;
            throw new Error(`the blob ${digest} of ${this.directory} cannot be read: ${why}`, { cause: error });
        }
    }
}

/** Where a layout keeps a blob. */
export function blobPath(digest: string): string {
    if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Error(`"${digest}" is no digest that is known here`);
    return `blobs/sha256/${digest.slice(7)}`;
}

/** Without what only its place has said of it. */
function plain({ mediaType, digest, size }: Descriptor): Descriptor {
    return { mediaType, digest, size };
}

/** For one architecture there may be several variants, as ARM's v6 and v7: the newest one is what such a node is taken to run. */
function bestOf(manifests: readonly Descriptor[], architecture: string): Descriptor | undefined {
    const fitting = manifests.filter(
        ({ platform }) => platform?.os === "linux" && platform.architecture === architecture,
    );
    return fitting.sort((a, b) => ((a.platform?.variant ?? "") < (b.platform?.variant ?? "") ? 1 : -1))[0];
}

function platformText({ platform }: Descriptor): string[] {
    const { os = "unknown", architecture = "unknown", variant } = platform ?? {};
    // Attestations stand among the platforms and are for none.
    if (os === "unknown") return [];
    return [[os, architecture, ...(variant === undefined ? [] : [variant])].join("/")];
}
