import { createHash } from "node:crypto";

import { isStatus, type ApiServer, type KubeObject } from "../copier/apiServer.ts";
import { chunkBytes, chunksOf, type Chunk } from "./chunks.ts";
import { ownerLabel } from "./importNamespace.ts";
import { pieceKey, type SentArchive } from "./importerPod.ts";
import type { NodeArchive } from "./nodeArchive.ts";

/** Pieces on their way at once. An API server writes each of them to a disk. */
const atOnce = 4;

/** Where pieces go. */
export interface PiecesPlace {
    readonly api: ApiServer;
    readonly namespace: string;
    readonly owner: string;
    /** Told how many of how many are there. */
    readonly progress: (done: number, all: number) => void;
}

/**
 * Puts an archive into ConfigMaps, piece by piece. Each is called after its content, so what an earlier run has sent is not sent
 * again; none can be changed once it is there, and whoever puts them together checks every one.
 */
export async function sendArchive(archive: NodeArchive, place: PiecesPlace): Promise<SentArchive> {
    const { api, namespace, owner } = place;
    const collection = `/api/v1/namespaces/${namespace}/configmaps`;
    const { items } = await api.list(collection, { labelSelector: `${ownerLabel}=${owner}` }, true);
    const there = new Set(items.map(({ metadata }) => metadata.name));
    const all = Math.ceil(archive.size / chunkBytes);
    const pieces: { configMap: string; sha256: string }[] = [];
    const whole = createHash("sha256");
    const cut = chunksOf(archive.content());
    let done = 0;
    // Each worker takes the next piece when it has sent one: no more than a few are in memory. They come in order.
    const worker = async (): Promise<void> => {
        for await (const chunk of { [Symbol.asyncIterator]: () => ({ next: () => cut.next() }) }) {
            whole.update(chunk.bytes);
            const configMap = `piece-${chunk.sha256}`;
            pieces.push({ configMap, sha256: chunk.sha256 });
            if (!there.has(configMap)) {
                there.add(configMap);
                await send(api, collection, pieceObject(configMap, chunk, place));
            }
            done += 1;
            place.progress(done, all);
        }
    };
    try {
        await Promise.all(Array.from({ length: atOnce }, worker));
    } finally {
        await cut.return(undefined); // where one could not be sent, the others need not be
    }
    return { sha256: whole.digest("hex"), pieces };
}

/** Takes every piece away. */
export async function dropPieces({ api, namespace, owner }: Omit<PiecesPlace, "progress">): Promise<void> {
    const selector = new URLSearchParams({ labelSelector: `${ownerLabel}=${owner}` }).toString();
    await api.send("DELETE", `/api/v1/namespaces/${namespace}/configmaps?${selector}`, {
        apiVersion: "v1",
        kind: "DeleteOptions",
    });
}

async function send(api: ApiServer, collection: string, object: KubeObject): Promise<void> {
    try {
        await api.send("POST", collection, object);
    } catch (error) {
        // A request whose answer was lost is sent again.
        if (!isStatus(error, 409)) throw error;
    }
}

function pieceObject(name: string, { bytes }: Chunk, { namespace, owner }: PiecesPlace): KubeObject {
    return {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name, namespace, labels: { [ownerLabel]: owner } },
        // A kubelet does not watch what cannot change.
        immutable: true,
        binaryData: { [pieceKey]: bytes.toString("base64") },
    };
}
