import type { ApiServer, KubeObject } from "../copier/apiServer.ts";
import { conditionOf, inWords, type Condition } from "./openshift.ts";

/** One tag that comes from upstream. */
export interface StreamTag {
    readonly name: string;
    /** Reference of the image upstream, with its registry. */
    readonly from: string;
    /** Whether it is imported again every quarter of an hour or so; else it is held where it is. */
    readonly scheduled: boolean;
    /** Whether an image for many platforms stays one. */
    readonly importMode: string;
    /** `Local`: pods pull it from this registry. `Source`: from upstream. */
    readonly referencePolicy: string;
    readonly insecure: boolean;
}

/** How a tag stands to upstream. */
export interface Comparison {
    readonly tag: string;
    readonly from: string;
    /** Digest that is here; undefined where there is none. */
    readonly here: string | undefined;
    /** Digest upstream; undefined where that could not be told. */
    readonly upstream: string | undefined;
    /** Why it could not be told. */
    readonly problem?: string;
}

interface Stream extends KubeObject {
    spec?: { lookupPolicy?: { local?: boolean }; tags?: SpecTag[] };
    status?: {
        dockerImageRepository?: string;
        publicDockerImageRepository?: string;
        tags?: { tag: string; items?: { image: string; generation?: number }[] | null; conditions?: Condition[] }[];
    };
}

interface SpecTag {
    name: string;
    from?: { kind: string; name: string };
    importPolicy?: { scheduled?: boolean; insecure?: boolean; importMode?: string };
    referencePolicy?: { type?: string };
    generation?: number | null;
    [field: string]: unknown;
}

interface Import {
    status?: {
        images?: {
            status?: { status?: string; message?: string };
            image?: { metadata?: { name?: string } };
        }[];
    };
}

const group = "/apis/image.openshift.io/v1";

export function streamPath(namespace: string, name: string): string {
    return `${group}/namespaces/${namespace}/imagestreams/${name}`;
}

/** The stream, or undefined. */
export async function streamOf(api: ApiServer, namespace: string, name: string): Promise<Stream | undefined> {
    return await api.get(streamPath(namespace, name));
}

/** A stream with these tags. Tags of others, and what was pushed, stay as they are; `before` are the names that were ours. */
export function withTags(
    stream: Stream,
    tags: readonly StreamTag[],
    lookupLocal: boolean,
    before: readonly string[],
): Stream {
    const names = [...tags.map(({ name }) => name), ...before];
    const known = stream.spec?.tags ?? [];
    const others = known.filter(({ name }) => !names.includes(name));
    const own = tags.map((tag) => {
        const wanted = specOf(tag);
        const found = known.find(({ name }) => name === tag.name);
        // A generation says that it was imported as it is: what was changed is imported again.
        return found !== undefined && sameTag(found, wanted) ? found : wanted;
    });
    return { ...stream, spec: { ...stream.spec, lookupPolicy: { local: lookupLocal }, tags: [...others, ...own] } };
}

/** Makes what is not there: an empty stream to push to, or one with tags to import. */
export function newStream(namespace: string, name: string, labels: Record<string, string>): Stream {
    return { apiVersion: "image.openshift.io/v1", kind: "ImageStream", metadata: { name, namespace, labels } };
}

/** The tags of ours that a stream has now. */
export function tagsOf(stream: Stream, names: readonly string[]): StreamTag[] {
    return (stream.spec?.tags ?? [])
        .filter(({ name }) => names.includes(name))
        .map(({ name, from, importPolicy = {}, referencePolicy }) => ({
            name,
            from: from?.name ?? "",
            scheduled: importPolicy.scheduled === true,
            importMode: importPolicy.importMode ?? "Legacy",
            referencePolicy: referencePolicy?.type ?? "Source",
            insecure: importPolicy.insecure === true,
        }));
}

/** Digest of the newest image by tag. */
export function imagesOf(stream: Stream): Record<string, string> {
    const tags = stream.status?.tags ?? [];
    return Object.fromEntries(
        tags.flatMap(({ tag, items }) => (items?.[0] === undefined ? [] : [[tag, items[0].image]])),
    );
}

/** Why a tag could not be imported, or undefined while it is there or on its way. */
export function importTrouble(stream: Stream, tag: string): string | undefined {
    const found = stream.status?.tags?.find((one) => one.tag === tag);
    const condition = conditionOf(found?.conditions, "ImportSuccess");
    return condition?.status === "False" ? inWords(condition) : undefined;
}

/** Imports the tags now, whatever is there. Throws with what the server said of each that could not be. */
export async function importNow(
    api: ApiServer,
    namespace: string,
    name: string,
    tags: readonly StreamTag[],
): Promise<void> {
    const answer = await ask(api, namespace, name, tags, true);
    const failed = tags.flatMap((tag, index) => {
        const { status } = answer[index] ?? {};
        return status?.status === "Success"
            ? []
            : [`${name}:${tag.name} from ${tag.from}: ${status?.message ?? "no answer"}`];
    });
    if (failed.length > 0) throw new Error(`these images could not be imported:\n  ${failed.join("\n  ")}`);
}

/** Asks upstream for each tag, and changes nothing. */
export async function compare(api: ApiServer, stream: Stream, tags: readonly StreamTag[]): Promise<Comparison[]> {
    const { name, namespace = "" } = stream.metadata;
    const answer = await ask(api, namespace, name, tags, false);
    const here = imagesOf(stream);
    return tags.map((tag, index) => {
        const { status, image } = answer[index] ?? {};
        const found = status?.status === "Success" ? image?.metadata?.name : undefined;
        const problem = found === undefined ? { problem: status?.message ?? "no answer" } : {};
        return { tag: tag.name, from: tag.from, here: here[tag.name], upstream: found, ...problem };
    });
}

type Answer = NonNullable<NonNullable<Import["status"]>["images"]>;

async function ask(
    api: ApiServer,
    namespace: string,
    name: string,
    tags: readonly StreamTag[],
    really: boolean,
): Promise<Answer> {
    if (tags.length === 0) return [];
    const images = tags.map((tag) => {
        const { from, importPolicy, referencePolicy } = specOf(tag);
        return { from, to: { name: tag.name }, importPolicy, referencePolicy };
    });
    const request = {
        apiVersion: "image.openshift.io/v1",
        kind: "ImageStreamImport",
        metadata: { name, namespace },
        spec: { import: really, images },
    };
    const answer = await api.send("POST", `${group}/namespaces/${namespace}/imagestreamimports`, request);
    return (answer as Import).status?.images ?? [];
}

function specOf(tag: StreamTag): SpecTag {
    return {
        name: tag.name,
        from: { kind: "DockerImage", name: tag.from },
        importPolicy: { scheduled: tag.scheduled, insecure: tag.insecure, importMode: tag.importMode },
        referencePolicy: { type: tag.referencePolicy },
    };
}

function sameTag(found: SpecTag, wanted: SpecTag): boolean {
    const [name] = [wanted.name];
    const of = (one: SpecTag): string => JSON.stringify(tagsOf({ metadata: { name }, spec: { tags: [one] } }, [name]));
    return of(found) === of(wanted);
}
