import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { lockFile, parseLock, type AttachedArtifact } from "../../components/images/lock.ts";
import { parseReference, referenceText } from "../../components/images/reference.ts";
import type { Connection } from "../registry/transport.ts";
import { unpackedArchive } from "./archive.ts";
import { Layout } from "./layout.ts";
import { registrySource } from "./registrySource.ts";
import { unpackedBundle } from "./unpacked.ts";

/** Where images come from. `bundle`: a file of `npm run bundle`. `directory`: an OCI image layout. `archive`: an OCI or Docker archive. */
export const sourceKinds = ["bundle", "directory", "archive", "registry"] as const;
export type SourceKind = (typeof sourceKinds)[number];

/** A source as it was given. */
export interface SourceGiven {
    readonly kind: SourceKind;
    /** File or folder. Not of `registry`. */
    readonly path?: string;
    /** SHA-256 of that file. Of `bundle` and `archive`. */
    readonly sha256?: string;
    /** `host[:port]`. Of `registry`. */
    readonly host?: string;
    readonly user?: string;
    readonly caBundle?: string;
    readonly insecure?: boolean;
}

/** An image to be taken from a source. */
export interface Listed {
    /** Full reference. */
    readonly image: string;
    /** Undefined: what the source has under that name. */
    readonly digest?: string | undefined;
}

/** An image of a source. */
export interface Found {
    readonly image: string;
    readonly digest: string;
    readonly attached: readonly AttachedArtifact[];
}

/** A source that was opened: what it holds can be copied. */
export interface Source {
    /** Undefined where it is a registry. */
    readonly layout: Layout | undefined;
    /** How a registry that is copied from is reached. */
    readonly connection: Connection | undefined;
    /** These images; without a list, everything that the source names. Throws one error that names each that is not there. */
    find(list: readonly Listed[] | undefined): Promise<Found[]>;
}

/** What opening takes besides the source itself. */
export interface Opening {
    readonly password: string | undefined;
    readonly list: readonly Listed[] | undefined;
    readonly say: (message: string) => void;
    readonly signal: AbortSignal;
}

/** Opens a source. A file is read to its end before anything in it is used, and must be the one whose SHA-256 was given. */
export async function openSource(given: SourceGiven, opening: Opening): Promise<Source> {
    const { path = "", sha256 = "", kind } = given;
    switch (kind) {
        case "bundle": {
            const { directory, lock } = await unpackedBundle(path, sha256, opening.say, { signal: opening.signal });
            return onDisk(new Layout(directory), lock.images, path);
        }
        case "directory": {
            const layout = new Layout(path);
            return onDisk(layout, inFolder(layout), path);
        }
        case "archive": {
            const layout = new Layout(await unpackedArchive(path, sha256, opening));
            return onDisk(layout, inFolder(layout), path);
        }
        case "registry":
            return registrySource(given.host ?? "", connectionOf(given, opening.password));
        default:
            return kind satisfies never;
    }
}

/** How a source that is a registry is spoken to. */
export function connectionOf({ host = "", user, caBundle, insecure }: SourceGiven, password: string | undefined) {
    return { url: `https://${host}`, username: user, password, caBundle, insecure };
}

function inFolder(layout: Layout): Found[] {
    const file = join(layout.directory, lockFile);
    if (existsSync(file)) return [...parseLock(readFileSync(file, "utf8"), file).images];
    return [...layout.named()].flatMap(([name, { digest }]) => {
        try {
            return [{ image: referenceText(parseReference(name)), digest, attached: [] }];
        } catch {
            return []; // it can still be had by digest
        }
    });
}

function onDisk(layout: Layout, found: readonly Found[], path: string): Source {
    const byName = new Map(found.map((one) => [one.image, one]));
    return {
        layout,
        connection: undefined,
        find: (list) => {
            if (list === undefined) return Promise.resolve([...found]);
            const missing: string[] = [];
            const chosen = list.flatMap((listed): Found[] => {
                const named = byName.get(listed.image);
                const digest = listed.digest ?? named?.digest ?? parseReference(listed.image).digest;
                if (digest === undefined) missing.push(`${listed.image} is not in it`);
                else if (named !== undefined && named.digest !== digest) {
                    missing.push(`${listed.image} is ${named.digest} in it, not ${digest}`);
                } else if (!layout.has(digest)) missing.push(`${listed.image} is not in it by the digest ${digest}`);
                else return [{ image: listed.image, digest, attached: named?.attached ?? [] }];
                return [];
            });
            if (missing.length > 0) {
                const known = [...byName.keys()].slice(0, 20).join(", ") || "nothing by name";
                throw new Error([`${path} lacks what is listed; it has ${known}:`, ...missing].join("\n  "));
            }
            return Promise.resolve(chosen);
        },
    };
}
