import type { ApiServer, KubeObject } from "./apiServer.ts";

/** One line of a watch. */
interface WatchEvent {
    type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
    object: KubeObject & { message?: string };
}

/** Who wants to know. */
export interface Observer {
    /** The object of that namespace came, changed or went. */
    changed(namespace: string): void;
    /** The cluster has been seen whole. */
    synced(): void;
    /** Something for the log. */
    log(line: string): void;
}

/** How long one watch lasts before it is begun again where it ended. */
const watchSeconds = 290;
const longestWaitMs = 30_000;

/**
 * What the cluster has of one kind, kept up to date: listed once, then watched. There is at most one object for each namespace:
 * the namespace itself, or its object of a fixed name.
 */
export class Watched {
    /** The objects, by namespace. */
    readonly objects = new Map<string, KubeObject>();
    /** Whether the cluster has been seen whole. Until then an object that is not here may be there. */
    synced = false;
    /** When the server was last heard of, in milliseconds as `Date.now()` gives them. */
    heard = Date.now();

    private readonly api: ApiServer;
    private readonly path: string;
    private readonly query: Record<string, string>;
    private readonly observer: Observer;
    private version = "";

    constructor(api: ApiServer, path: string, query: Record<string, string>, observer: Observer) {
        this.api = api;
        this.path = path;
        this.query = query;
        this.observer = observer;
    }

    /** Lists and watches until `signal` says that it is over. An error costs a pause and a new list, never the whole. */
    async run(signal: AbortSignal): Promise<void> {
        let failures = 0;
        while (!signal.aborted) {
            try {
                await this.list();
                failures = 0;
                for (;;) await this.watch();
            } catch (error) {
                if (aborted(signal)) return;
                failures += 1;
                this.observer.log(`${this.path}: ${(error as Error).message}; it is listed again`);
                const wait = Math.min(longestWaitMs, 250 * 2 ** failures);
                await this.api.pause(wait * (0.5 + Math.random() / 2)).catch(() => undefined);
            }
        }
    }

    private async list(): Promise<void> {
        const { items, resourceVersion } = await this.api.list(this.path, this.query);
        const before = [...this.objects.keys()];
        this.objects.clear();
        for (const item of items) this.objects.set(keyOf(item), item);
        this.version = resourceVersion;
        this.heard = Date.now();
        this.synced = true;
        this.observer.synced();
        for (const namespace of new Set([...before, ...this.objects.keys()])) this.observer.changed(namespace);
    }

    private async watch(): Promise<void> {
        const query = {
            ...this.query,
            watch: "true",
            allowWatchBookmarks: "true",
            resourceVersion: this.version,
            timeoutSeconds: watchSeconds.toString(),
        };
        await this.api.stream(this.path, query, (line) => {
            this.take(JSON.parse(line) as WatchEvent);
        });
        this.heard = Date.now();
    }

    private take({ type, object }: WatchEvent): void {
        if (type === "ERROR") throw new Error(object.message ?? "the watch ended with an error");
        this.heard = Date.now();
        this.version = object.metadata.resourceVersion ?? this.version;
        if (type === "BOOKMARK") return;
        if (type === "DELETED") this.objects.delete(keyOf(object));
        else this.objects.set(keyOf(object), object);
        this.observer.changed(keyOf(object));
    }
}

function keyOf({ metadata }: KubeObject): string {
    return metadata.namespace ?? metadata.name;
}

/** Asked anew each time: the compiler takes the answer for one that stays. */
function aborted(signal: AbortSignal): boolean {
    return signal.aborted;
}
