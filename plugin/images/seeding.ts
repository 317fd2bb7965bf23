import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { Limiter } from "../registry/limiter.ts";
import { RegistryClient, RegistryError } from "../registry/registryClient.ts";
import type { Layout } from "./layout.ts";
import type { Route } from "./route.ts";
import type { Source } from "./source.ts";
import { ToolError, ToolMissing, Tools } from "./tools.ts";
import { inTurns } from "./turns.ts";
import { nameOf, type Wanted } from "./wanted.ts";

/** How images get into a registry. */
export interface Seeding {
    /** The registry. */
    readonly route: Route;
    /** Copies at once. */
    readonly concurrency: number;
    /** How long one thing may go wrong before it is given up, in seconds: a registry that restarts is waited for. */
    readonly patienceSeconds: number;
    readonly say: (message: string) => void;
    readonly signal: AbortSignal;
}

/** Requests in flight. */
const lookingAtOnce = 10;
/** Waits between two tries, in milliseconds; the last one again and again. */
const waits = [500, 1_000, 2_000, 4_000, 8_000];
/** Of images that could not be copied, so many are told of. */
const mostTold = 20;

/** The registry lets nobody in, or not with this login: waiting does not help, nor does the next image. */
class Refused extends Error {}
/** Waiting does not help this image. */
class Hopeless extends Error {}

/** A registry, looked at and filled. */
export class Seeder {
    private readonly seeding: Seeding;
    private readonly client: RegistryClient;
    private readonly host: string;

    constructor(seeding: Seeding) {
        this.seeding = seeding;
        this.client = new RegistryClient(seeding.route.connection, new Limiter(lookingAtOnce));
        this.host = new URL(seeding.route.connection.url).host;
    }

    close(): void {
        this.client.close();
    }

    /** Those that the registry has not, or has otherwise, with one request for each. */
    async missing(all: readonly Wanted[]): Promise<Wanted[]> {
        await this.persist(this.host, () => this.client.greet());
        const there = await Promise.all(all.map((one) => this.persist(nameOf(one), () => this.isThere(one))));
        return all.filter((_, index) => there[index] !== true);
    }

    /** Copies these, and asks the registry for each after. Throws one error that names every image that is not there. */
    async copy(missing: readonly Wanted[], source: Source): Promise<void> {
        const { route, concurrency, say, signal } = this.seeding;
        const failed = new Map<string, string>();
        const stop = new AbortController();
        const ending = AbortSignal.any([signal, stop.signal]);
        const tools = await Tools.open(route, source.connection, ending);
        const work = async (one: Wanted): Promise<void> => {
            try {
                await this.persist(one.image, () => this.copyOne(one, source, tools), ending);
                done += 1;
                say(`${done.toString()} of ${missing.length.toString()}: ${nameOf(one)}`);
            } catch (error) {
                if (signal.aborted) throw error;
                if (stop.signal.aborted) return; // another image's failure ended this one
                failed.set(nameOf(one), (error as Error).message);
                if (error instanceof Refused || error instanceof ToolMissing) stop.abort();
            }
        };
        let done = 0;
        try {
            // What points to an image comes after it: registries refuse it otherwise, or lose it.
            const [images, artifacts] = [false, true].map((points) =>
                missing.filter(({ subject }) => (subject !== undefined) === points),
            );
            await inTurns(carriers(images ?? [], source.layout), concurrency, ({ one }) => work(one));
            // One after the other: an older registry has one list of them for each image, which each changes.
            if (failed.size === 0) for (const one of artifacts ?? []) if (!stop.signal.aborted) await work(one);
        } finally {
            await tools.close();
        }
        if (failed.size > 0) throw this.failure(failed, missing.length - done);
    }

    /** By skopeo, but not what points to another image: it cannot tell older registries of that. */
    private async copyOne(one: Wanted, source: Source, tools: Tools): Promise<void> {
        const { connection } = this.seeding.route;
        const target = `${this.host}/${nameOf(one)}`;
        const { layout, connection: from } = source;
        if (one.subject !== undefined) {
            await tools.attach(
                layout === undefined ? referenceAt(one) : `ocidir://${layout.directory}@${one.digest}`,
                target,
            );
        } else if (layout === undefined) {
            const there = `docker://${referenceAt(one)}`;
            await tools.copy(there, `docker://${target}`, { dest: connection, ...(from && { src: from }) });
        } else {
            await this.copyView(one, layout, target, tools);
        }
        if (await this.isThere(one)) return;
        throw new Error("it was copied, but the registry does not have it by its digest");
    }

    private async copyView(one: Wanted, layout: Layout, target: string, tools: Tools): Promise<void> {
        const view = await mkdtemp(join(tools.folder, "image-"));
        try {
            await layout.show(one.digest, view).catch((error: unknown) => {
                throw new Hopeless((error as Error).message, { cause: error });
            });
            await tools.copy(`dir:${view}`, `docker://${target}`, { dest: this.seeding.route.connection });
        } catch (error) {
            // An index that says what its parts are besides images is more than skopeo can hand on.
            if (!(error instanceof ToolError) || !/must be converted to type/.test(error.message)) throw error;
            await tools.attach(`ocidir://${layout.directory}@${one.digest}`, target);
        } finally {
            await rm(view, { recursive: true, force: true });
        }
    }

    private async isThere(one: Wanted): Promise<boolean> {
        return (await this.client.digest(one.repository, one.tag ?? one.digest)) === one.digest;
    }

    /** Does something again until it works, as long as patience lasts and it may help. */
    private async persist<Value>(
        what: string,
        work: () => Promise<Value>,
        signal = this.seeding.signal,
    ): Promise<Value> {
        const { patienceSeconds, say } = this.seeding;
        const until = Date.now() + patienceSeconds * 1_000;
        for (let attempt = 0; ; attempt += 1) {
            try {
                return await work();
            } catch (error) {
                const { judged, hopeless } = this.judge(error as Error, attempt);
                const wait = waits[Math.min(attempt, waits.length - 1)] ?? 0;
                if (hopeless || signal.aborted || Date.now() + wait > until) throw judged;
                say(`${what}: ${judged.message}; trying again`);
                await sleep(wait, undefined, { signal });
            }
        }
    }

    /** What an error means, and whether waiting may help. */
    private judge(error: Error, attempt: number): { judged: Error; hopeless: boolean } {
        if (error instanceof Refused || error instanceof Hopeless || error instanceof ToolMissing)
            return { judged: error, hopeless: true };
        const status = error instanceof RegistryError ? error.status : undefined;
        const said = error.message;
        if (
            status === 401 ||
            status === 403 ||
            (error instanceof ToolError && /unauthorized|denied|authentication required|status code 40[13]/i.test(said))
        ) {
            const remedy = "give it a login that may push there, and run it again: it goes on where it stopped";
            // A token may have ended while a program used it; the next one begins with another.
            const ended = status === undefined && this.client.givesTokens && attempt === 0;
            return { judged: new Refused(`${this.host} refuses the login (${said}); ${remedy}`), hopeless: !ended };
        }
        if (
            error instanceof ToolError &&
            /digest did not match|does not match (the )?(expected )?digest|digest mismatch/i.test(said)
        ) {
            const remedy = "remove what was unpacked (`siteregistry/bundles` in the user's cache), and run it again";
            return {
                judged: new Hopeless(`its source was damaged on this machine's disk: ${said}; ${remedy}`),
                hopeless: true,
            };
        }
        // Who uploads is told no more than this by a registry whose disk is full.
        const isFull = error instanceof ToolError && /500 Internal Server Error|no space left/i.test(said);
        const judged = isFull ? new Error(`${said}; its disk may be full: look into its log`, { cause: error }) : error;
        return { judged, hopeless: false };
    }

    private failure(failed: ReadonlyMap<string, string>, left: number): Error {
        const lines = [...failed].slice(0, mostTold).map(([name, reason]) => `  ${name}: ${reason}`);
        const more = failed.size > mostTold ? [`  and ${(failed.size - mostTold).toString()} more`] : [];
        const header = `${left.toString()} images are not at ${this.host} (${this.seeding.route.words}):`;
        const end = "What is there stays, and the next `up` goes on.";
        return new Error([header, ...lines, ...more, end].join("\n"));
    }
}

/** Each with its layers, where they are known: no layer is to be sent twice. */
function carriers(
    images: readonly Wanted[],
    layout: Layout | undefined,
): { one: Wanted; pieces: ReadonlySet<string> }[] {
    return images.map((one) => {
        try {
            return { one, pieces: new Set(layout?.tree(one.digest).blobs.keys()) };
        } catch {
            return { one, pieces: new Set() }; // its copy says what is missing
        }
    });
}

/** At its source, by digest. */
function referenceAt({ image, digest }: Wanted): string {
    return `${image.replace(/@.*$/, "").replace(/:[^:/]*$/, "")}@${digest}`;
}
