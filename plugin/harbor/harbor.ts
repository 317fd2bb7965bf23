import { setTimeout as sleep } from "node:timers/promises";

import { idOf, type Collection, type Item } from "./collection.ts";
import { HarborError, isHarbor, reasonOf, Unanswered } from "./harborError.ts";
import { Limiter } from "../registry/limiter.ts";
import { Transport, type Answer, type Connection } from "../registry/transport.ts";

/** What Harbor says of itself to who is logged in. */
export interface SystemInfo {
    /** `v2.15.2-080b0220`. */
    readonly harbor_version: string;
    readonly read_only?: boolean;
    readonly registry_url?: string;
    readonly external_url?: string;
}

/** How long is waited before something is tried again, in milliseconds. */
export interface Patience {
    /** Where Harbor restarts, is busy, or cuts an answer off. */
    readonly retries: readonly number[];
    /** A failed login locks its name for 1.6 s, and a good one meanwhile fails too. */
    readonly login: number;
    /** Between two looks at a run, the first and the longest. */
    readonly poll: readonly [number, number];
}

/** Another patience in some of it. Tests have none. */
export type Waits = Partial<Patience>;

const patience: Patience = {
    retries: [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000],
    login: 2_200,
    poll: [2_000, 10_000],
};
/** Requests in flight. */
export const inFlight = 20;
const pageSize = 100;
const base = "/api/v2.0";
const longestRetryAfterMs = 60_000;
/** Errors of the network that come before anything was sent. */
const unsent = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

/** A Harbor, by its API. One of it serves a whole run: it keeps what it listed, and remembers that a login failed. */
export class Harbor {
    readonly connection: Connection;
    readonly patience: Patience;
    private readonly transport: Transport;
    private readonly limiter = new Limiter(inFlight);
    private readonly signal: AbortSignal;
    private readonly lists = new Map<string, Promise<Map<string, Item>>>();
    private login: Promise<SystemInfo> | undefined;
    private refused: Error | undefined;

    constructor(connection: Connection, signal: AbortSignal, waits: Waits = {}) {
        this.connection = connection;
        this.patience = { ...patience, ...waits };
        this.transport = new Transport(connection, inFlight);
        this.signal = signal;
    }

    /** Logs in, once for all requests, so that a wrong password is tried twice at most and locks nobody. */
    info(): Promise<SystemInfo> {
        return (this.login ??= this.logIn());
    }

    /** Whether this Harbor is at least that version. */
    async isAtLeast(major: number, minor: number): Promise<boolean> {
        const [, found = "0", small = "0"] = /^v?(\d+)\.(\d+)/.exec((await this.info()).harbor_version) ?? [];
        return Number(found) > major || (Number(found) === major && Number(small) >= minor);
    }

    /** The answer's body; undefined where there is nothing. */
    async find(path: string, headers: Record<string, string> = {}): Promise<unknown> {
        try {
            return JSON.parse((await this.send("GET", path, undefined, { headers })).text) as unknown;
        } catch (error) {
            if (isHarbor(error, 404)) return undefined;
            throw error;
        }
    }

    /**
     * Sends a request that may be sent twice, again where Harbor did not answer. `stopping` sends it although everything is to end.
     * Throws a {@link HarborError} unless it succeeds.
     */
    async send(
        method: string,
        path: string,
        body?: unknown,
        { headers = {}, stopping = false }: { headers?: Record<string, string>; stopping?: boolean } = {},
    ): Promise<Answer> {
        await this.info();
        return this.persist(method, path, body, headers, stopping);
    }

    /**
     * Makes something and returns its number. Where nobody knows whether it was made, `look` is asked for it before it is sent again.
     */
    async make(path: string, body: unknown, look: () => Promise<string | undefined>): Promise<string> {
        await this.info();
        let doubtful = false;
        for (const wait of [...this.patience.retries.slice(0, 5), undefined]) {
            try {
                const { headers } = await this.persist("POST", path, body, {}, false);
                // The path is the server's own; a proxy in front of it may have another prefix.
                const id = headers.location?.split("/").at(-1);
                if (id !== undefined && id !== "") return id;
                throw new Unanswered(`POST ${path}`, new Error("it does not say what was made"));
            } catch (error) {
                const taken = doubtful && isHarbor(error, 409);
                if (!taken && !(error instanceof Unanswered)) throw error;
                doubtful = true;
                const found = await look();
                if (found !== undefined) return found;
                if (wait === undefined || taken) throw error;
                await this.pause(wait);
            }
        }
        throw new Error("unreachable");
    }

    /** Everything that is there, by number. It is asked for once in a run; what the run itself changes is kept up to date. */
    async list(collection: Collection): Promise<Map<string, Item>> {
        let listed = this.lists.get(collection.path);
        if (listed === undefined) {
            listed = this.pages(collection.path).then(
                (items) => new Map(items.map((item) => [idOf(collection, item), item])),
            );
            this.lists.set(collection.path, listed);
            listed.catch(() => this.lists.delete(collection.path));
        }
        return listed;
    }

    /** Drops what was listed: another one may have changed it. */
    forget(collection: Collection): void {
        this.lists.delete(collection.path);
    }

    /** Reads one thing anew; undefined when it is gone. */
    async reread(collection: Collection, id: string): Promise<Item | undefined> {
        const item = (await this.find(`${collection.path}/${id}`)) as Item | undefined;
        const listed = await this.lists.get(collection.path)?.catch(() => undefined);
        if (item === undefined) listed?.delete(id);
        else listed?.set(id, item);
        return item;
    }

    /** Every item of a list that goes over pages. */
    async pages(path: string): Promise<Item[]> {
        const mark = path.includes("?") ? "&" : "?";
        const page = async (number: number): Promise<{ items: Item[]; total: number }> => {
            const query = `page=${number.toString()}&page_size=${pageSize.toString()}&sort=id`;
            const { text, headers } = await this.send("GET", `${path}${mark}${query}`);
            const items = (JSON.parse(text) ?? []) as Item[];
            return { items, total: Number(headers["x-total-count"] ?? items.length) };
        };
        for (let attempt = 0; ; attempt += 1) {
            const first = await page(1);
            const count = Math.ceil(first.total / pageSize);
            const rest = await Promise.all(
                Array.from({ length: Math.max(0, count - 1) }, (_, index) => page(index + 2)),
            );
            // Something that went away meanwhile moves others onto a page that was read before.
            if (rest.every(({ total }) => total === first.total)) return [first, ...rest].flatMap(({ items }) => items);
            if (attempt === 3) throw new Error(`the list ${path} does not hold still long enough to be read`);
        }
    }

    /** Waits, unless everything is to end. */
    async pause(milliseconds: number): Promise<void> {
        await sleep(milliseconds * (0.9 + Math.random() * 0.2), undefined, { signal: this.signal });
    }

    /** Whether the person has had enough. */
    get cancelled(): boolean {
        return this.signal.aborted;
    }

    private async logIn(): Promise<SystemInfo> {
        for (const last of [false, true]) {
            const { text } = await this.persist("GET", "/systeminfo", undefined, {}, false);
            const info = JSON.parse(text) as Partial<SystemInfo>;
            // Whoever fails to log in is served as nobody in particular, with 200.
            if (info.harbor_version !== undefined) return info as SystemInfo;
            if (!last) await this.pause(this.patience.login);
        }
        throw this.refusal();
    }

    private refusal(): Error {
        const { url, username = "" } = this.connection;
        this.refused = new Error(
            `Harbor at ${url} does not accept the login of ${username}: check harbor.username and harborCredentials.admin ` +
                "(a robot's name begins with robot$, and it may be disabled or expired); nothing more is tried, so that the name is not locked",
        );
        return this.refused;
    }

    private async persist(
        method: string,
        path: string,
        body: unknown,
        headers: Record<string, string>,
        stopping: boolean,
    ): Promise<Answer> {
        const what = `${method} ${path.split("?")[0] ?? path}`;
        let logins = 0;
        for (let attempt = 0; ; attempt += 1) {
            if (this.refused !== undefined) throw this.refused;
            const wait = this.patience.retries[attempt];
            let answer: Answer;
            try {
                answer = await this.limiter.run(() =>
                    this.transport.send(method, `${base}${path}`, {
                        body,
                        headers,
                        ...(stopping ? {} : { signal: this.signal }),
                    }),
                );
                refuseForeign(answer, what, this.connection.url, method);
            } catch (error) {
                if (this.signal.aborted && !stopping) throw new Error("it was cancelled", { cause: error });
                const sent = !unsent.has((error as NodeJS.ErrnoException).code ?? "");
                if (error instanceof HarborError || isTrust(error)) throw this.explained(error);
                if (method === "POST" && sent) throw new Unanswered(what, error);
                if (wait === undefined) throw this.explained(error);
                await this.pause(wait);
                continue;
            }
            const { status, text } = answer;
            if (status >= 200 && status < 300) return answer;
            const requestId = answer.headers["x-request-id"];
            const error = new HarborError(status, what, reasonOf(text), requestId?.toString());
            if (status === 401) {
                logins += 1;
                if (logins > 1) throw this.refusal();
                await this.pause(this.patience.login);
                continue;
            }
            if (wait === undefined || !isPassing(method, status, attempt)) throw error;
            if (method === "POST" && status !== 429) throw new Unanswered(what, error);
            await this.pause(Math.max(wait, retryAfterMs(answer)));
        }
    }

    private explained(error: unknown): Error {
        if (error instanceof HarborError) return error;
        const { message } = error as Error;
        const remedy = isTrust(error) ? "; set harbor.caBundle to the roots that signed its certificate" : "";
        return new Error(`Harbor at ${this.connection.url} cannot be reached: ${message}${remedy}`, { cause: error });
    }
}

/** A body that is no JSON where Harbor would send some: something else stands there, or the answer was cut. */
function refuseForeign({ status, headers, text }: Answer, what: string, url: string, method: string): void {
    if (status >= 300 && status < 400) {
        const to = headers.location === undefined ? "somewhere else" : headers.location;
        throw new HarborError(
            status,
            what,
            `it sends us to ${to}; set harbor.url to where Harbor really is`,
            undefined,
        );
    }
    if (method !== "GET" || status !== 200 || headers["content-type"]?.startsWith("text/plain") === true) return;
    try {
        JSON.parse(text);
    } catch {
        if (/^\s*</.test(text))
            throw new HarborError(status, what, `a web page; ${url} is not Harbor's own address`, undefined);
        throw new Error("the answer is cut off");
    }
}

/** Whether it is worth another try. A POST that met one of these may have been done nevertheless. */
function isPassing(method: string, status: number, attempt: number): boolean {
    // A 500 may be a database that restarts, but also a mistake of the one who asks: Harbor hides which.
    if (status === 500) return method === "GET" && attempt < 3;
    return [429, 502, 503, 504].includes(status);
}

function retryAfterMs({ headers }: Answer): number {
    const seconds = Number(headers["retry-after"] ?? 0);
    return Number.isFinite(seconds) ? Math.min(seconds * 1000, longestRetryAfterMs) : 0;
}

function isTrust(error: unknown): boolean {
    const { code = "" } = error as NodeJS.ErrnoException;
    return /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|EPROTO|ERR_SSL/.test(code);
}
