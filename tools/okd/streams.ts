import type { ApiServer } from "../../plugin/copier/apiServer.ts";
import { compare, importNow, streamOf, type StreamTag } from "../../plugin/okd/imageStreams.ts";
import { Refusal } from "../ca/refusal.ts";

/** An image stream of a stack. */
export interface StackStream {
    readonly namespace: string;
    readonly name: string;
    readonly tags: readonly StreamTag[];
}

/** How one tag stands to upstream. */
export interface TagReport {
    /** `<namespace>/<stream>:<tag>`. */
    readonly tag: string;
    readonly from: string;
    /** `current`; `behind`: upstream has another image; `missing`: nothing is here; `unknown`: upstream did not tell. */
    readonly state: "current" | "behind" | "missing" | "unknown";
    /** Whether the cluster imports it by itself. */
    readonly scheduled: boolean;
    readonly here?: string;
    readonly upstream?: string;
    readonly problem?: string;
}

interface State {
    deployment?: { resources?: { type?: string; delete?: boolean; inputs?: unknown }[] };
}

/** The streams that a state holds. */
export function streamsIn(state: unknown): StackStream[] {
    return ((state as State).deployment?.resources ?? [])
        .filter((one) => one.delete !== true && one.type === "siteregistry:index:OkdImageStream")
        .map(({ inputs }) => inputs as StackStream);
}

/** Compares every tag that comes from upstream. */
export async function report(api: ApiServer, streams: readonly StackStream[]): Promise<TagReport[]> {
    const rows: TagReport[] = [];
    for (const { namespace, name, tags } of streams.filter((one) => one.tags.length > 0)) {
        const stream = await streamOf(api, namespace, name);
        if (stream === undefined) {
            rows.push(
                ...tags.map((tag) => row(namespace, name, tag, { problem: "the image stream is gone" }, "missing")),
            );
            continue;
        }
        const found = await compare(api, stream, tags);
        for (const [index, tag] of tags.entries()) {
            const { here, upstream, problem } = found[index] ?? {};
            let state: TagReport["state"] = here === upstream ? "current" : "behind";
            if (here === undefined) state = "missing";
            if (upstream === undefined) state = "unknown";
            rows.push(row(namespace, name, tag, { here, upstream, problem }, state));
        }
    }
    return rows;
}

/** Imports the tags that are named, or all. Returns what it did, line by line. */
export async function importTags(
    api: ApiServer,
    streams: readonly StackStream[],
    wanted: readonly string[],
): Promise<string[]> {
    const known = streams.flatMap(({ namespace, name, tags }) => tags.map((tag) => `${namespace}/${name}:${tag.name}`));
    const chosen = (full: string): boolean =>
        wanted.length === 0 || wanted.includes(full) || wanted.includes(full.slice(0, full.lastIndexOf(":")));
    const strange = wanted.filter((one) => !known.some((full) => full === one || full.startsWith(`${one}:`)));
    if (strange.length > 0)
        throw new Refusal(`the stack imports no ${strange.join(", ")}`, `it has ${known.join(", ") || "none"}`);
    const done: string[] = [];
    for (const { namespace, name, tags } of streams) {
        const some = tags.filter((tag) => chosen(`${namespace}/${name}:${tag.name}`));
        await importNow(api, namespace, name, some);
        done.push(...some.map((tag) => `${namespace}/${name}:${tag.name} imported from ${tag.from}`));
    }
    return done;
}

type Found = Partial<Record<"here" | "upstream" | "problem", string | undefined>>;

function row(namespace: string, name: string, tag: StreamTag, found: Found, state: TagReport["state"]): TagReport {
    const told = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
    return { tag: `${namespace}/${name}:${tag.name}`, from: tag.from, state, scheduled: tag.scheduled, ...told };
}
