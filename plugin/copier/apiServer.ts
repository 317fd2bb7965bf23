import { request as httpRequest } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";

/** An object of Kubernetes as it travels. Fields that nobody here knows of are kept. */
export interface KubeObject {
    apiVersion?: string;
    kind?: string;
    metadata: Metadata;
    [field: string]: unknown;
}

/** What every object says of itself. */
export interface Metadata {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    deletionTimestamp?: string;
    generation?: number;
    ownerReferences?: { kind: string; uid: string; controller?: boolean }[];
    managedFields?: { manager?: string }[];
}

/** A list of objects, and the version of the cluster's data that it shows. */
export interface KubeList {
    items: KubeObject[];
    resourceVersion: string;
}

/** An answer that is no success, in words. What was sent is never in them: it may be a credential. */
export class ApiError extends Error {
    /** HTTP status. */
    readonly status: number;

    constructor(status: number, what: string, message: string) {
        super(`the API server answers ${what} with ${status.toString()}: ${message}`);
        this.status = status;
    }
}

/** Where the API server is and how it is spoken to: host, port, path before all paths, trust, identity. Asked before every request. */
export type Connect = () => RequestOptions | Promise<RequestOptions>;

/** How long an answer may take. */
const answerMs = 30_000;
/** Waits before a request is tried again that met a server too busy, or none. */
const retryWaitsMs = [200, 1_000, 3_000];
const passing = new Set([429, 500, 502, 503, 504]);
/** Objects of a list that come in one answer. */
const pageSize = 500;

/** The API server of a cluster, for objects as they are: nothing is dropped that this program does not know. */
export class ApiServer {
    private readonly connect: Connect;
    private readonly signal: AbortSignal | undefined;

    /** `signal` ends every request and every wait. */
    constructor(connect: Connect, signal?: AbortSignal) {
        this.connect = connect;
        this.signal = signal;
    }

    /** The object at `path`, or undefined where there is none. */
    async get(path: string): Promise<KubeObject | undefined> {
        try {
            return (await this.send("GET", path)) as KubeObject;
        } catch (error) {
            if (error instanceof ApiError && error.status === 404) return undefined;
            throw error;
        }
    }

    /** Sends one request, again where the server was too busy. Throws an {@link ApiError} unless it succeeds. */
    async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<unknown> {
        for (let attempt = 0; ; attempt += 1) {
            const wait = retryWaitsMs[attempt];
            try {
                return await this.sendOnce(method, path, body, headers);
            } catch (error) {
                const gone = !(error instanceof ApiError);
                if (wait === undefined || this.signal?.aborted === true) throw error;
                if (!gone && !passing.has(error.status)) throw error;
            }
            await this.pause(wait);
        }
    }

    /** Every object at `path` that the query selects. With `metadataOnly`, what is in them does not travel. */
    async list(path: string, query: Record<string, string> = {}, metadataOnly = false): Promise<KubeList> {
        const as = metadataOnly ? "as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" : "";
        const headers = { accept: metadataOnly ? `application/json;${as}` : "application/json" };
        const items: KubeObject[] = [];
        let next = "";
        for (;;) {
            const page = { ...query, limit: pageSize.toString(), ...(next === "" ? {} : { continue: next }) };
            const answer = (await this.send("GET", `${path}?${queryText(page)}`, undefined, headers)) as {
                items?: KubeObject[];
                metadata: { resourceVersion: string; continue?: string };
            };
            items.push(...(answer.items ?? []));
            next = answer.metadata.continue ?? "";
            if (next === "") return { items, resourceVersion: answer.metadata.resourceVersion };
        }
    }

    /** Calls `seen` for each line that the server sends, until it ends the answer. Throws when it breaks off. */
    async stream(path: string, query: Record<string, string>, seen: (line: string) => void): Promise<void> {
        const options = await this.connect();
        await new Promise<void>((resolve, reject) => {
            const target = {
                ...options,
                method: "GET",
                path: `${options.path ?? ""}${path}?${queryText(query)}`,
                timeout: answerMs * 12,
            };
            const request = starter(options)({ ...target, ...this.aborted() }, (response) => {
                response.setEncoding("utf8");
                let rest = "";
                const take = (chunk: string): void => {
                    const lines = (rest + chunk).split("\n");
                    rest = lines.pop() ?? "";
                    if (response.statusCode !== 200) return;
                    for (const line of lines.filter(Boolean)) seen(line);
                };
                response.on("data", (chunk: string) => {
                    try {
                        take(chunk);
                    } catch (error) {
                        reject(error instanceof Error ? error : new Error(String(error)));
                        response.destroy();
                    }
                });
                response.on("error", reject);
                response.on("close", () => {
                    reject(new Error(`GET ${path}: the connection broke`));
                });
                response.on("end", () => {
                    const { statusCode = 0 } = response;
                    if (statusCode === 200) resolve();
                    else reject(new ApiError(statusCode, `GET ${path}`, messageOf(rest)));
                });
            });
            request.on("timeout", () => request.destroy(new Error(`GET ${path}: nothing was heard for too long`)));
            request.on("error", reject);
            request.end();
        });
    }

    /** Waits, unless everything is to end. */
    async pause(milliseconds: number): Promise<void> {
        await sleep(milliseconds, undefined, this.aborted());
    }

    private aborted(): { signal?: AbortSignal } {
        return this.signal === undefined ? {} : { signal: this.signal };
    }

    private async sendOnce(
        method: string,
        path: string,
        body: unknown,
        headers: Record<string, string>,
    ): Promise<unknown> {
        const options = await this.connect();
        const payload = body === undefined ? undefined : JSON.stringify(body);
        const sent = {
            accept: "application/json",
            ...(options.headers as Record<string, string> | undefined),
            ...headers,
            ...(payload === undefined
                ? {}
                : {
                      "content-type": headers["content-type"] ?? "application/json",
                      "content-length": Buffer.byteLength(payload).toString(),
                  }),
        };
        return new Promise((resolve, reject) => {
            const request = starter(options)(
                {
                    ...options,
                    method,
                    path: `${options.path ?? ""}${path}`,
                    headers: sent,
                    timeout: answerMs,
                    ...this.aborted(),
                },
                (response) => {
                    const chunks: Buffer[] = [];
                    response.on("data", (chunk: Buffer) => chunks.push(chunk));
                    response.on("error", reject);
                    response.on("end", () => {
                        const text = Buffer.concat(chunks).toString();
                        const { statusCode = 0 } = response;
                        const what = `${method} ${path.split("?")[0] ?? path}`;
                        if (statusCode < 200 || statusCode > 299) {
                            reject(new ApiError(statusCode, what, messageOf(text)));
                            return;
                        }
                        try {
                            resolve(JSON.parse(text));
                        } catch {
                            reject(new ApiError(statusCode, what, "an answer that is no JSON"));
                        }
                    });
                },
            );
            request.on("timeout", () => request.destroy(new Error(`the API server does not answer ${method} ${path}`)));
            request.on("error", reject);
            request.end(payload);
        });
    }
}

function starter(options: RequestOptions): typeof httpsRequest {
    return options.protocol === "http:" ? httpRequest : httpsRequest;
}

function queryText(query: Record<string, string>): string {
    return new URLSearchParams(query).toString();
}

/** What a `Status` says; else the beginning of the text, since a proxy's page is long. */
function messageOf(text: string): string {
    try {
        const { message } = JSON.parse(text) as { message?: string };
        if (message !== undefined) return message;
    } catch {
        // no Status: a proxy answers in HTML
    }
    return text.trim().slice(0, 200) || "no reason is given";
}

/** Whether an error is this status of the API server. */
export function isStatus(error: unknown, status: number): boolean {
    return error instanceof ApiError && error.status === status;
}
