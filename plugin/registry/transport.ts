import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest, type AgentOptions } from "node:https";
import { connect as connectTls, rootCertificates, type ConnectionOptions } from "node:tls";
import type { Duplex } from "node:stream";

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
    /** Makes the connection, where the URL's host is not to be connected to itself. Only for `https`. */
    readonly dial?: (() => Promise<Duplex>) | undefined;
}

/** A whole answer. */
export interface Answer {
    readonly status: number;
    readonly headers: IncomingHttpHeaders;
    readonly text: string;
}

/** A slow health check of a remote registry takes Harbor a minute. */
const answerMs = 120_000;

/** TLS over connections that somebody else makes. */
class DiallingAgent extends HttpsAgent {
    private readonly dial: () => Promise<Duplex>;

    constructor(dial: () => Promise<Duplex>, options: AgentOptions) {
        super(options);
        this.dial = dial;
    }

    override createConnection(
        options: ConnectionOptions,
        done: (error: Error | null, socket: Duplex) => void,
    ): undefined {
        this.dial().then(
            (socket) => {
                done(null, connectTls({ ...options, socket }));
            },
            (error: unknown) => {
                done(error as Error, undefined as never);
            },
        );
    }
}

/**
 * Sends single requests. It never keeps a cookie: Harbor gives a session to whoever asks, and wants a CSRF token from everybody who
 * shows one.
 */
export class Transport {
    private readonly base: URL;
    private readonly agent: HttpAgent | HttpsAgent;
    private readonly authorization: string | undefined;

    constructor(connection: Connection, sockets: number) {
        const { url, username, password = "", caBundle, insecure = false, dial } = connection;
        this.base = new URL(url);
        const keep = { keepAlive: true, maxSockets: sockets };
        const trust = {
            rejectUnauthorized: !insecure,
            ...(caBundle === undefined ? {} : { ca: [...rootCertificates, caBundle] }),
        };
        if (this.base.protocol !== "https:") this.agent = new HttpAgent(keep);
        else if (dial === undefined) this.agent = new HttpsAgent({ ...keep, ...trust });
        else this.agent = new DiallingAgent(dial, { ...keep, ...trust });
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
