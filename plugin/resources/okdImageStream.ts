import { isStatus, type ApiServer } from "../copier/apiServer.ts";
import {
    imagesOf,
    importNow,
    importTrouble,
    newStream,
    streamOf,
    streamPath,
    tagsOf,
    withTags,
    type StreamTag,
} from "../okd/imageStreams.ts";
import { isUnknown, type Properties } from "../properties.ts";
import { PartlyDone, textsMissing, type Resource, type Session } from "../resource.ts";

/** An image stream: a repository of an OKD cluster's registry, and the tags that come from upstream. */
interface Wanted {
    namespace: string;
    name: string;
    tags: StreamTag[];
    lookupLocal: boolean;
    request: number;
    adopt: boolean;
    deleteContents: boolean;
    timeoutSeconds: number;
}

const lookMs = 1_000;
/** Writes that meet another's: the operator's import writes the same object. */
const attempts = 5;
const defaults = { scheduled: false, importMode: "PreserveOriginal", referencePolicy: "Local", insecure: false };

export const okdImageStream: Resource = {
    type: "siteregistry:index:OkdImageStream",
    secrets: [],
    identity: ["namespace", "name"],
    quiet: ["adopt", "deleteContents", "timeoutSeconds"],
    outputs: ["images", "repository"],
    unique: true,

    check(given) {
        const inputs: Properties = {
            ...{ tags: [], lookupLocal: false, request: 1, adopt: false, deleteContents: false, timeoutSeconds: 300 },
            ...given,
        };
        const failures = textsMissing(inputs, ["namespace", "name"]);
        if (Array.isArray(inputs.tags) && !isUnknown(inputs.tags)) {
            inputs.tags = (inputs.tags as Properties[]).map((tag) => ({ ...defaults, ...tag }));
        }
        return Promise.resolve({ inputs, failures });
    },

    async create(inputs, session) {
        const wanted = inputs as unknown as Wanted;
        const { namespace, name, adopt } = wanted;
        const api = await session.api();
        const found = await streamOf(api, namespace, name);
        if (found !== undefined && !adopt) {
            throw new Error(
                `the image stream ${namespace}/${name} is there already, as a push makes one: set its adopt to true to have it in this stack`,
            );
        }
        if (found === undefined) await made(api, wanted);
        else await write(api, wanted, []);
        return { id: `${namespace}/${name}`, state: await imported(wanted, inputs, session) };
    },

    async read(id, state, session) {
        const [namespace = "", name = "", ...rest] = id.split("/");
        if (name === "" || rest.length > 0) throw new Error(`the id ${id} is none: it is <namespace>/<image stream>`);
        const stream = await streamOf(await session.api(), namespace, name);
        if (stream === undefined) return undefined;
        const { tags = [] } = state as unknown as Partial<Wanted>;
        const now = tagsOf(
            stream,
            tags.map((tag) => tag.name),
        );
        const inOrder = tags.flatMap((tag) => now.filter((one) => one.name === tag.name));
        return { ...state, namespace, name, tags: inOrder, images: imagesOf(stream) };
    },

    async update(before, inputs, session, id) {
        const [was, wanted] = [before, inputs].map((values) => values as unknown as Wanted) as [Wanted, Wanted];
        const api = await session.api();
        await write(
            api,
            wanted,
            was.tags.map(({ name }) => name),
        );
        if (wanted.request !== was.request) {
            try {
                await importNow(api, wanted.namespace, wanted.name, wanted.tags);
            } catch (error) {
                // The request stays open: the next `up` asks again.
                const state = { ...inputs, request: was.request, images: before.images, repository: before.repository };
                throw new PartlyDone((error as Error).message, { id, state });
            }
        }
        return imported(wanted, inputs, session);
    },

    /** What was pushed is nowhere else, so it stays unless it may go. */
    async delete(state, session) {
        const { namespace, name, tags, deleteContents } = state as unknown as Wanted;
        const api = await session.api();
        const stream = await streamOf(api, namespace, name);
        if (stream === undefined) return;
        const own = tags.map((tag) => tag.name);
        const others = Object.keys(imagesOf(stream)).filter((tag) => !own.includes(tag));
        if (others.length > 0 && !deleteContents) {
            await write(api, { ...(state as unknown as Wanted), tags: [] }, own);
            session.warn(
                `the image stream ${namespace}/${name} stays with what was pushed to it (${others.join(", ")}); ` +
                    "remove it yourself, or set its deleteContents to true before",
            );
            return;
        }
        await api.send("DELETE", streamPath(namespace, name)).catch((error: unknown) => {
            if (!isStatus(error, 404)) throw error;
        });
    },
};

async function made(api: ApiServer, { namespace, name, tags, lookupLocal }: Wanted): Promise<void> {
    const stream = newStream(namespace, name, { "app.kubernetes.io/managed-by": "siteregistry" });
    const collection = streamPath(namespace, name).replace(/\/[^/]*$/, "");
    try {
        await api.send("POST", collection, withTags(stream, tags, lookupLocal, []));
    } catch (error) {
        if (!isStatus(error, 404)) throw error;
        throw new Error(`there is no namespace ${namespace}, or the cluster has no image streams: it is no OKD`, {
            cause: error,
        });
    }
}

async function write(
    api: ApiServer,
    { namespace, name, tags, lookupLocal }: Wanted,
    before: readonly string[],
): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
        const stream = await streamOf(api, namespace, name);
        if (stream === undefined)
            throw new Error(`the image stream ${namespace}/${name} is gone: run \`pulumi refresh\``);
        try {
            await api.send("PUT", streamPath(namespace, name), withTags(stream, tags, lookupLocal, before));
            return;
        } catch (error) {
            if (!isStatus(error, 409) || attempt === attempts) throw error;
        }
    }
}

/** Waits until every tag has an image. */
async function imported(wanted: Wanted, inputs: Properties, session: Session): Promise<Properties> {
    const { namespace, name, tags, timeoutSeconds } = wanted;
    const api = await session.api();
    const until = Date.now() + timeoutSeconds * 1000;
    for (;;) {
        const stream = await streamOf(api, namespace, name);
        const images = stream === undefined ? {} : imagesOf(stream);
        const missing = tags.filter((tag) => images[tag.name] === undefined).map((tag) => tag.name);
        const { status } = stream ?? {};
        const repository = status?.publicDockerImageRepository ?? status?.dockerImageRepository ?? "";
        const state = { ...inputs, images, repository };
        if (missing.length === 0) return state;
        const troubles = missing.flatMap((tag) => {
            const trouble = stream === undefined ? undefined : importTrouble(stream, tag);
            return trouble === undefined ? [] : [`${tag}: ${trouble}`];
        });
        if (troubles.length > 0 || Date.now() > until) {
            const why =
                troubles.length > 0
                    ? troubles.join("\n  ")
                    : `no image of ${missing.join(", ")} after ${timeoutSeconds.toString()} s`;
            throw new PartlyDone(`tags of the image stream ${namespace}/${name} were not imported:\n  ${why}`, {
                id: `${namespace}/${name}`,
                state,
            });
        }
        session.say(`${missing.join(", ")}: not imported yet`);
        await api.pause(lookMs);
    }
}
