import { existsSync, readFileSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

/** Of a manifest, what leads further. */
interface Manifest {
    readonly mediaType?: string;
    readonly manifests?: readonly Descriptor[];
    readonly config?: Descriptor;
    readonly layers?: readonly Descriptor[];
}

/** What something is called that a manifest names. */
export interface Descriptor {
    readonly mediaType: string;
    readonly digest: string;
    readonly size: number;
    readonly annotations?: Readonly<Record<string, string>>;
}

/** Everything below one digest. */
export interface Tree {
    /** Manifests below it, without itself. */
    readonly manifests: readonly string[];
    /** Configurations and layers, with their sizes in bytes. */
    readonly blobs: ReadonlyMap<string, number>;
}

const refName = "org.opencontainers.image.ref.name";

/** An OCI image layout on disk, for reading. */
export class Layout {
    readonly directory: string;

    constructor(directory: string) {
        this.directory = resolve(directory);
        if (!existsSync(join(this.directory, "index.json")))
            throw new Error(`${directory} is no OCI image layout: it has no index.json`);
    }

    /** What the index names, by name. */
    named(): Map<string, Descriptor> {
        const { manifests = [] } = JSON.parse(readFileSync(join(this.directory, "index.json"), "utf8")) as Manifest;
        return new Map(
            manifests.flatMap((one): [string, Descriptor][] => {
                const name = one.annotations?.[refName];
                return name === undefined ? [] : [[name, one]];
            }),
        );
    }

    has(digest: string): boolean {
        return existsSync(this.path(digest));
    }

    /** The descriptors below an index; undefined where the digest is no index. */
    children(digest: string): readonly Descriptor[] | undefined {
        return this.manifest(digest).manifests;
    }

    /** Everything below a digest. Throws where something of it is not there. */
    tree(digest: string): Tree {
        const manifests: string[] = [];
        const blobs = new Map<string, number>();
        const visit = (one: string): void => {
            const { manifests: below = [], config, layers = [] } = this.manifest(one);
            for (const child of below) {
                if (manifests.includes(child.digest)) continue;
                manifests.push(child.digest);
                visit(child.digest);
            }
            for (const blob of [...(config === undefined ? [] : [config]), ...layers]) {
                if (!this.has(blob.digest)) throw new Error(`${this.directory} lacks ${blob.digest}`);
                blobs.set(blob.digest, blob.size);
            }
        };
        visit(digest);
        return { manifests, blobs };
    }

    /**
     * Shows one image as a folder of skopeo's transport `dir:`, by links. That transport hands every kind of manifest on to the byte;
     * `oci:` knows only those of OCI.
     */
    async show(digest: string, folder: string): Promise<void> {
        const { manifests, blobs } = this.tree(digest);
        await mkdir(folder, { recursive: true });
        await writeFile(join(folder, "version"), "Directory Transport Version: 1.1\n");
        await symlink(this.path(digest), join(folder, "manifest.json"));
        const links = new Map([
            ...manifests.map((one) => [`${hex(one)}.manifest.json`, one] as const),
            ...[...blobs.keys()].map((one) => [hex(one), one] as const),
        ]);
        for (const [name, one] of links) await symlink(this.path(one), join(folder, name));
    }

    private manifest(digest: string): Manifest {
        if (!this.has(digest)) throw new Error(`${this.directory} lacks ${digest}`);
        return JSON.parse(readFileSync(this.path(digest), "utf8")) as Manifest;
    }

    private path(digest: string): string {
        return join(this.directory, "blobs", "sha256", hex(digest));
    }
}

function hex(digest: string): string {
    return digest.replace(/^sha256:/, "");
}
