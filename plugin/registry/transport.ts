import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { rootCertificates } from "node:tls";

/** Where a server is, and how it is spoken to. */
export interface Connection {
    /** `http(s)://host[:port][/prefix]`. */
    readonly url: string;
    readonly username?: string | undefined;
    readonly password?: string | undefined;
    /** Roots besides the well-known ones, PEM. */
    readonly caBundle?: string | undefined;
    /** Whether its certificate is not looked at. */
    readonly insecure?: boolean | undefined;
}

/** A whole answer. */
export interface Answer {
    readonly status: number;
    readonly headers: IncomingHttpHeaders;
    readonly text: string;
}

/** A slow health check of a remote registry takes Harbor a minute. */
const answerMs = 120_000;

/**
 * Sends single requests. It never keeps a cookie: Harbor gives a session to whoever asks, and wants a CSRF token from everybody who
 * shows one.
 */
export class Transport {
    private readonly base: URL;
    private readonly agent: HttpAgent | HttpsAgent;
    private readonly authorization: string | undefined;

    constructor(connection: Connection, sockets: number) {
        const { url, username, password = "", caBundle, insecure = false } = connection;
        this.base = new URL(url);
        const keep = { keepAlive: true, maxSockets: sockets };
        const trust = {
            rejectUnauthorized: !insecure,
            ...(caBundle === undefined ? {} : { ca: [...rootCertificates, caBundle] }),
        };
        this.agent = this.base.protocol === "https:" ? new HttpsAgent({ ...keep, ...trust }) : new HttpAgent(keep);
        if (username !== undefined) {
            this.authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
        }
    }

    /** Throws where no whole answer comes. `authorization` replaces the connection's own. */
    async send(
        method: string,
        path: string,
        { body, headers = {}, signal }: { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal } = {},
    ): Promise<Answer> {
        const payload = body === undefined ? undefined : JSON.stringify(body);
        const own: Record<string, string> = { accept: "*/*" };
        if (this.authorization !== undefined) own.authorization = this.authorization;
        if (payload !== undefined) {
            own["content-type"] = "application/json";
            own["content-length"] = Buffer.byteLength(payload).toString();
        }
        return new Promise((resolve, reject) => {
            const start = this.base.protocol === "https:" ? httpsRequest : httpRequest;
            const request = start(
                {
                    protocol: this.base.protocol,
                    hostname: this.base.hostname.replace(/^\[|\]$/g, ""),
                    port: this.base.port,
                    agent: this.agent,
                    method,
                    path: `${this.base.pathname.replace(/\/+$/, "")}${path}`,
                    headers: { ...own, ...headers },
                    timeout: answerMs,
                    ...(signal === undefined ? {} : { signal }),
                },
                (response) => {
                    const chunks: Buffer[] = [];
                    response.on("data", (chunk: Buffer) => chunks.push(chunk));
                    response.on("error", reject);
                    response.on("end", () => {
                        const text = Buffer.concat(chunks).toString();
                        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
                    });
                },
            );
            request.on("timeout", () => request.destroy(new Error("nothing was heard for two minutes")));
            request.on("error", reject);
            request.end(payload);
        });
    }

    close(): void {
        this.agent.destroy();
    }
}
