import { setTimeout as sleep } from "node:timers/promises";

import { Limiter } from "../registry/limiter.ts";
import { Transport, type Answer, type Connection } from "../registry/transport.ts";

/** An answer of Quay that is no success, in words. What was sent is never in them. */
export class QuayError extends Error {
    /** HTTP status. */
    readonly status: number;
    /** What Quay says, without our own words. */
    readonly reason: string;

    constructor(status: number, what: string, reason: string) {
        super(`Quay answers ${what} with ${status.toString()}: ${reason}`);
        this.status = status;
        this.reason = reason;
    }
}

/** Whether an error is this status of Quay. */
export function isQuay(error: unknown, status: number): error is QuayError {
    return error instanceof QuayError && error.status === status;
}

const retryWaitsMs = [500, 2_000, 5_000];
/** Each answer may bring another token for the next request, so they go one after the other. */
const inFlight = 1;
const api = "/api/v1";

/**
 * A Quay, by its API, as a user of its own database: the token of the first user lasts hours, and the password lasts. It logs in as its own
 * web page does, once.
 */
export class Quay {
    readonly connection: Connection;
    private readonly transport: Transport;
    private readonly limiter = new Limiter(inFlight);
    private readonly signal: AbortSignal;
    private readonly cookies = new Map<string, string>();
    private csrf: string | undefined;
    private login: Promise<void> | undefined;

    constructor({ username, password, ...rest }: Connection, signal: AbortSignal) {
        this.connection = { ...rest, username, password };
        // The login goes by the session: a Basic one is for robots and docker.
        this.transport = new Transport(rest, inFlight);
        this.signal = signal;
    }

    /** Logs in. Throws where Quay does not accept who asks. */
    signIn(): Promise<void> {
        return (this.login ??= this.openSession());
    }

    /** What is there; undefined where there is nothing. */
    async find(path: string): Promise<unknown> {
        try {
            return await this.send("GET", path);
        } catch (error) {
            if (isQuay(error, 404)) return undefined;
            throw error;
        }
    }

    /** Sends one request as the user. Throws a {@link QuayError} unless it succeeds. */
    async send(method: string, path: string, body?: unknown): Promise<unknown> {
        await this.signIn();
        return this.persist(method, `${api}${path}`, body);
    }

    /** Makes the first user. Throws a {@link QuayError} where there is one already, or the flag is off. */
    async initialize(user: { username: string; password: string; email: string }): Promise<void> {
        await this.persist("POST", `${api}/user/initialize`, user);
    }

    /** Whether it answers at all. */
    async isUp(): Promise<boolean> {
        try {
            return (await this.once("GET", "/health/instance", undefined)).status === 200;
        } catch (error) {
            if (isTrust(error)) throw this.explained(error);
            return false;
        }
    }

    private async openSession(): Promise<void> {
        const { username = "", password = "" } = this.connection;
        const { csrf_token: token } = (await this.persist("GET", "/csrf_token", undefined)) as { csrf_token?: string };
        this.csrf ??= token;
        try {
            await this.persist("POST", `${api}/signin`, { username, password });
        } catch (error) {
            if (!isQuay(error, 403) && !isQuay(error, 401)) throw error;
            throw new Error(
                `Quay at ${this.connection.url} does not accept the password of ${username}: ${error.reason}. ` +
                    "Give the right one with: npx pulumi config set --secret --path quayCredentials.admin",
                { cause: error },
            );
        }
    }

    private async persist(method: string, path: string, body: unknown): Promise<unknown> {
        const what = `${method} ${path.split("?")[0] ?? path}`;
        for (let attempt = 0; ; attempt += 1) {
            const wait = retryWaitsMs[attempt];
            let answer: Answer;
            try {
                answer = await this.limiter.run(() => this.once(method, path, body));
            } catch (error) {
                const lost = method === "POST" && (error as NodeJS.ErrnoException).code !== "ECONNREFUSED";
                if (this.signal.aborted) throw new Error("it was cancelled", { cause: error });
                if (wait === undefined || lost || isTrust(error)) throw this.explained(error);
                await sleep(wait, undefined, { signal: this.signal });
                continue;
            }
            if (answer.status >= 200 && answer.status < 300) return parsed(answer.text);
            const passing =
                [429, 502, 503, 504].includes(answer.status) && (method !== "POST" || answer.status === 429);
            if (!passing || wait === undefined) throw new QuayError(answer.status, what, reasonOf(answer.text));
            await sleep(wait, undefined, { signal: this.signal });
        }
    }

    private async once(method: string, path: string, body: unknown): Promise<Answer> {
        const cookie = [...this.cookies].map(([key, value]) => `${key}=${value}`).join("; ");
        const headers: Record<string, string> = {
            // Without it, BROWSER_API_CALLS_XHR_ONLY refuses every answer.
            "x-requested-with": "XMLHttpRequest",
            ...(cookie === "" ? {} : { cookie }),
            ...(this.csrf === undefined ? {} : { "x-csrf-token": this.csrf }),
        };
        const answer = await this.transport.send(method, path, { body, headers, signal: this.signal });
        for (const line of answer.headers["set-cookie"] ?? []) {
            const [, key = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
            this.cookies.set(key, value);
        }
        const next = answer.headers["x-next-csrf-token"];
        if (typeof next === "string") this.csrf = next;
        return answer;
    }

    private explained(error: unknown): Error {
        const remedy = isTrust(error) ? "; its certificate is not signed by the roots that are known of it" : "";
        const reason = (error as Error).message;
        return new Error(`Quay at ${this.connection.url} cannot be reached: ${reason}${remedy}`, { cause: error });
    }
}

function isTrust(error: unknown): boolean {
    const { code = "" } = error as NodeJS.ErrnoException;
    return /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|EPROTO|ERR_SSL/.test(code);
}

function parsed(text: string): unknown {
    try {
        return JSON.parse(text) as unknown;
    } catch {
        return text;
    }
}

/** Quay names the reason in one of several fields. */
function reasonOf(text: string): string {
    const body = parsed(text);
    if (typeof body === "object" && body !== null) {
        const { message, error_message: error, detail } = body as Record<string, unknown>;
        const told = [message, error, detail].find((one) => typeof one === "string" && one !== "");
        if (typeof told === "string") return told;
    }
    return text.trim().slice(0, 200) || "no reason is given";
}
