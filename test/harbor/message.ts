import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";

import { Refusal } from "./refusal.ts";

/** A request, read to its end. */
export interface Request {
    readonly method: string;
    /** Without the query, as sent. */
    readonly path: string;
    readonly query: URLSearchParams;
    readonly headers: IncomingHttpHeaders;
    readonly body: string;
}

/** What a handler answers; the server adds the headers that every answer has. */
export interface Answer {
    readonly status: number;
    /** Written as JSON with sorted keys and a newline, as Harbor does. */
    readonly json?: unknown;
    /** Written as it is. */
    readonly text?: string;
    readonly headers?: Readonly<Record<string, string>>;
}

/** An answer of 200 with a body. */
export function ok(json: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
    return { status: 200, json, headers };
}

/** An answer of 200 without a body: what an update or a deletion gets. */
export const done: Answer = { status: 200 };

/** An answer of 201: where the new thing is, and nothing else. */
export function created(location: string, json?: unknown): Answer {
    return { status: 201, headers: { Location: `/api/v2.0/${location}` }, ...(json === undefined ? {} : { json }) };
}

/** Reads a request whole. */
export async function readRequest(incoming: IncomingMessage): Promise<Request> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const [path = "", ...rest] = (incoming.url ?? "/").split("?");
    return {
        method: incoming.method ?? "GET",
        path,
        query: new URLSearchParams(rest.join("?")),
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString(),
    };
}

/** The id that an answer carries: the client's own, or a new one when it sent none or an empty one. */
export function requestId(request: Request): string {
    const own = request.headers["x-request-id"];
    return typeof own === "string" && own !== "" ? own : randomUUID();
}

/** The answer that says a refusal. */
export function refused(refusal: Refusal): Answer {
    return {
        status: refusal.status,
        json: { errors: [{ code: refusal.code, message: refusal.message }] },
        headers: { "Content-Type": "application/json; charset=utf-8" },
    };
}

/** Sends an answer. A HEAD request gets its headers alone. */
export function send(
    response: ServerResponse,
    answer: Answer,
    headers: Readonly<Record<string, string | string[]>>,
    method: string,
): void {
    const body = bodyOf(answer);
    const type = answer.json !== undefined ? { "Content-Type": "application/json" } : {};
    response.writeHead(answer.status, { ...headers, ...type, ...answer.headers });
    response.end(method === "HEAD" ? undefined : body);
}

/** The text of an answer's body. */
export function bodyOf(answer: Answer): string {
    if (answer.text !== undefined) return answer.text;
    return answer.json === undefined ? "" : `${JSON.stringify(sorted(answer.json))}\n`;
}

/** The same value with the keys of its objects in order. */
function sorted(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]));
}
