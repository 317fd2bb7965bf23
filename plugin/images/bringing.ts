import { parseReference, referenceText } from "../../components/images/reference.ts";
import type { ApiServer } from "../copier/apiServer.ts";
import { eachOf } from "../eachOf.ts";
import type { Session } from "../resource.ts";
import { honoursPins, startableImages, toolsOf, type ImageNode } from "./imageNode.ts";
import { runImporter } from "./importer.ts";
import type { ImportAction, ImportTask, SentArchive, StartImage, WantedImage } from "./importerPod.ts";
import type { ImportReport } from "./importReport.ts";
import type { Layout } from "./layout.ts";
import { nodeArchive, type NamedImage } from "./nodeArchive.ts";
import type { BroughtImage, NodeImagesArgs } from "./nodeImagesArgs.ts";
import { dropPieces, sendArchive } from "./pieces.ts";
import { platformImage } from "./platformImage.ts";
import type { Source } from "./source.ts";

/** Nodes that work at the same time: each of them fetches every piece from the API server. */
const nodesAtOnce = 4;
/** How often it is told how sending goes on, in ms. */
const toldMs = 2_000;
/** A kubelet has all pieces of a pod in memory at once, and etcd has them on its disk. */
const waveBytes = 256 << 20;

/** What is done with which images on nodes, and with what. */
export interface Bringing {
    readonly api: ApiServer;
    readonly session: Pick<Session, "say" | "warn">;
    readonly args: NodeImagesArgs;
    /** When to give up, in ms since 1970. */
    readonly until: number;
}

/** What came of it: what is there, and why it is not elsewhere. */
export interface Brought {
    readonly images: readonly BroughtImage[];
    /** Causes by node. */
    readonly failed: ReadonlyMap<string, Error>;
}

/** An image of the source, under the names that it gets on every node. */
export interface SourceImage extends WantedImage {
    readonly name: string;
}

/** The images of a source by the names that pods use. Throws where it lacks one. */
export async function sourceImages(source: Source, names: readonly string[]): Promise<SourceImage[]> {
    const references = names.map(parseReference);
    const found = await source.find(references.map((reference) => ({ image: referenceText(reference) })));
    return found.map(({ image, digest }) => {
        const { registry, repository, tag } = parseReference(image);
        const path = `${registry}/${repository}`;
        // By its digest too: so the kubelet reports it, and a pod that names the digest finds it.
        return { name: image, digest, names: [...(tag === undefined ? [] : [`${path}:${tag}`]), `${path}@${digest}`] };
    });
}

/** Has every node hold the images and pin them; only what a node lacks is sent. The namespace of the importers must be there. */
export async function bringImages(
    bringing: Bringing,
    layout: Layout,
    images: readonly SourceImage[],
    nodes: readonly ImageNode[],
): Promise<Brought> {
    const { session } = bringing;
    const failed = new Map<string, Error>();
    const lacks = new Map<string, readonly number[]>();
    session.say(`asking ${nodes.length.toString()} nodes which of ${images.length.toString()} images they have`);
    await onNodes(bringing, nodes, failed, "look", images, (node, report) => {
        lacks.set(node.name, report.missing);
        warnOfPins(session, node, report);
    });
    for (const [architecture, those] of groupedBy(nodes, ({ architecture: is }) => is)) {
        const wanted = images.filter((_, index) => those.some(({ name }) => lacks.get(name)?.includes(index) === true));
        if (wanted.length === 0) continue;
        for (const wave of wavesOf(layout, wanted, architecture)) {
            const lagging = those.filter(
                ({ name }) =>
                    !failed.has(name) &&
                    wave.some((image) => lacks.get(name)?.includes(images.indexOf(image.source)) === true),
            );
            if (lagging.length > 0) await sendWave(bringing, layout, { architecture, wave, nodes: lagging }, failed);
        }
    }
    const brought = nodes
        .filter(({ name }) => !failed.has(name))
        .flatMap(({ name: node }) =>
            images.map(({ name, digest, names }, index) => ({
                ...{ node, image: name, digest, names },
                how: lacks.get(node)?.includes(index) === true ? "imported" : "present",
            })),
        );
    return { images: brought, failed };
}

/** Takes the pins of these images from their nodes. Returns the causes by node where that was not possible. */
export async function unpinImages(
    bringing: Bringing,
    nodes: readonly ImageNode[],
    images: readonly BroughtImage[],
): Promise<ReadonlyMap<string, Error>> {
    const failed = new Map<string, Error>();
    const by = groupedBy(images, ({ node }) => node);
    await eachOf(
        nodes.map(({ name }) => name),
        nodesAtOnce,
        async (name) => {
            const node = nodes.filter((one) => one.name === name);
            await onNodes(bringing, node, failed, "unpin", by.get(name) ?? [], () => undefined);
        },
    );
    return failed;
}

interface Wave {
    readonly architecture: string;
    readonly wave: readonly (NamedImage & { source: SourceImage })[];
    readonly nodes: readonly ImageNode[];
}

async function sendWave(bringing: Bringing, layout: Layout, work: Wave, failed: Map<string, Error>): Promise<void> {
    const { api, session, args, until } = bringing;
    const { architecture, wave, nodes } = work;
    const archive = await nodeArchive(layout, wave);
    const what = `${wave.map(({ source }) => source.name).join(", ")} for ${architecture}`;
    const size = `${(archive.size / 2 ** 20).toFixed(1)} MiB`;
    const place = { api, namespace: args.namespace, owner: args.owner };
    let told = 0;
    const sent = await sendArchive(archive, {
        ...place,
        progress: (done, all) => {
            if (Date.now() > until) {
                throw new Error(
                    `${done.toString()} of ${all.toString()} pieces of ${what} (${size}) were sent in time`,
                );
            }
            if (done < all && Date.now() - told < toldMs) return;
            told = Date.now();
            session.say(`sending ${what}: ${done.toString()} of ${all.toString()} pieces, ${size} in all`);
        },
    });
    session.say(`importing ${what} on ${nodes.map(({ name }) => name).join(", ")}`);
    const images = wave.map(({ source }) => source);
    await onNodes(bringing, nodes, failed, "import", images, () => undefined, sent);
    // Where a node could not take it, the next run need not send it again.
    if (!nodes.some(({ name }) => failed.has(name))) await dropPieces(place);
}

/** Runs importers on nodes, a few at a time. What fails is noted by node, and the others go on. */
async function onNodes(
    { api, args, until }: Bringing,
    nodes: readonly ImageNode[],
    failed: Map<string, Error>,
    action: ImportAction,
    images: readonly WantedImage[],
    told: (node: ImageNode, report: ImportReport) => void,
    archive?: SentArchive,
): Promise<void> {
    const byName = new Map(nodes.map((node) => [node.name, node]));
    const wrong = await eachOf([...byName.keys()], nodesAtOnce, async (name) => {
        const node = byName.get(name);
        if (node === undefined) return;
        const { namespace, owner, socket } = args;
        const usual = toolsOf(node);
        const tools = socket === "auto" ? usual : { ...usual, socket };
        const task: ImportTask = { namespace, owner, node: name, action, images, tools, archive };
        told(node, await runImporter(api, task, startImages(args, node), until));
    });
    for (const [name, error] of wrong) {
        if (error.name === "AbortError") throw error;
        failed.set(name, error);
    }
}

function startImages({ importerImage }: NodeImagesArgs, node: ImageNode): StartImage[] {
    if (importerImage !== "auto") return [{ image: importerImage, pullPolicy: "IfNotPresent" }];
    return startableImages(node).map((image) => ({ image, pullPolicy: "Never" }));
}

/** Images that go together in one archive. Throws where one alone is too large. */
function wavesOf(
    layout: Layout,
    images: readonly SourceImage[],
    architecture: string,
): (NamedImage & { source: SourceImage })[][] {
    const waves: (NamedImage & { source: SourceImage })[][] = [];
    let room = 0;
    for (const source of images) {
        const image = platformImage(layout, source.name, source.digest, architecture);
        const bytes = image.blobs.reduce((sum, { size }) => sum + size, 0);
        if (bytes > waveBytes) {
            throw new Error(
                `the image ${source.name} has ${(bytes / 2 ** 20).toFixed(0)} MiB for ${architecture}; over the Kubernetes API ` +
                    `at most ${(waveBytes >> 20).toString()} MiB are sent: have pods pull it from the registry once that is up`,
            );
        }
        if (room < bytes) {
            waves.push([]);
            room = waveBytes;
        }
        waves.at(-1)?.push({ ...image, names: source.names, source });
        room -= bytes;
    }
    return waves;
}

function warnOfPins(session: Pick<Session, "warn">, { name }: ImageNode, { containerd }: ImportReport): void {
    if (containerd === "" || honoursPins(containerd)) return;
    session.warn(
        `${name}: its containerd ${containerd} does not tell the kubelet of pins (1.6.22, 1.7.3 and 2.0 do): ` +
            "when its disk fills, the kubelet may remove images that nothing runs from",
    );
}

function groupedBy<Item>(items: readonly Item[], key: (item: Item) => string): Map<string, Item[]> {
    const groups = new Map<string, Item[]>();
    for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
    return groups;
}
