import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer, Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";

import { routes } from "./routes.ts";
import { Refusal, State } from "./state.ts";

interface Session {
    user?: string;
    csrf: string;
}

/**
 * A stand-in for Quay: its API with its state and its words, the login of its web page with a token that each answer renews, and the header
 * that it wants while `BROWSER_API_CALLS_XHR_ONLY` is on. Written from the documentation and from what clients of it do; it has no images.
 */
export class QuayServer {
    readonly state = new State();
    /** What was asked, in order. */
    readonly asked: string[] = [];
    /** Whether it says that it is well. */
    healthy = true;
    private readonly sessions = new Map<string, Session>();
    private readonly server: ReturnType<typeof createServer> | TlsServer;

    private constructor(tls: boolean) {
        const answer = (request: IncomingMessage, response: ServerResponse): void => {
            this.serve(request, response).catch(() => response.destroy());
        };
        this.server = tls ? createTlsServer(answer) : createServer(answer);
    }

    /** `tls`: it speaks it, once it is told what to {@link show}. `port`: a free one by default. */
    static async start({ tls = false, port = 0 } = {}): Promise<QuayServer> {
        const quay = new QuayServer(tls);
        await new Promise<void>((resolve, reject) => {
            quay.server.once("error", reject);
            quay.server.listen(port, "127.0.0.1", resolve);
        });
        return quay;
    }

    get url(): string {
        return this.urlAs("127.0.0.1");
    }

    /** Where it is, by another name. A Quay itself is at its scheme's own port. */
    urlAs(host = "127.0.0.1"): string {
        const scheme = this.server instanceof TlsServer ? "https" : "http";
        return `${scheme}://${host}:${(this.server.address() as AddressInfo).port.toString()}`;
    }

    /** Its certificate from now on, where it speaks TLS. */
    show({ certificate, key }: { certificate: string; key: string }): void {
        if (this.server instanceof TlsServer) this.server.setSecureContext({ cert: certificate, key });
    }

    async stop(): Promise<void> {
        this.server.closeAllConnections();
        await new Promise((resolve) => this.server.close(resolve));
    }

    private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const { method = "", url = "/" } = request;
        const { pathname, searchParams } = new URL(url, this.url);
        this.asked.push(`${method} ${pathname}`);
        const text = Buffer.concat(chunks).toString();
        const body = (text === "" ? {} : JSON.parse(text)) as Record<string, string>;
        const session = this.sessionOf(request, response);
        let status = 200;
        let answer: unknown;
        try {
            answer = this.answer(method, pathname, body, searchParams, session, request);
            if (answer === undefined) status = 204;
            else if (method === "POST")
                status = pathname.endsWith("/organization/") || pathname === "/api/v1/repository" ? 201 : 200;
        } catch (error) {
            if (!(error instanceof Refusal)) throw error;
            status = error.status;
            answer = { message: error.message, error_message: error.message };
        }
        session.csrf = `csrf-${this.state.next()}`;
        response.setHeader("x-next-csrf-token", session.csrf);
        response.writeHead(status, { "content-type": "application/json" });
        response.end(answer === undefined ? "" : JSON.stringify(answer));
    }

    private sessionOf(request: IncomingMessage, response: ServerResponse): Session {
        const [, key] = /session=([^;]+)/.exec(request.headers.cookie ?? "") ?? [];
        const known = key === undefined ? undefined : this.sessions.get(key);
        if (known !== undefined) return known;
        const made: Session = { csrf: "none" };
        const name = `s${this.state.next()}`;
        this.sessions.set(name, made);
        response.setHeader("set-cookie", `session=${name}; Path=/; HttpOnly`);
        return made;
    }

    private answer(
        method: string,
        path: string,
        body: Record<string, string>,
        query: URLSearchParams,
        session: Session,
        { headers }: IncomingMessage,
    ): unknown {
        if (path === "/health/instance") {
            if (!this.healthy) throw new Refusal(503, "unhealthy");
            return { data: {} };
        }
        if (path === "/api/v1/user/initialize")
            return this.state.initialize(body as unknown as { username: string; password: string; email: string });
        if (path === "/csrf_token") return { csrf_token: "of the next header" };
        if (headers["x-requested-with"] !== "XMLHttpRequest")
            throw new Refusal(400, "API calls must be invoked with an X-Requested-With header");
        if (method !== "GET" && headers["x-csrf-token"] !== session.csrf)
            throw new Refusal(403, "CSRF token was invalid or missing.");
        if (path === "/api/v1/signin") {
            if (this.state.users.get(body.username ?? "")?.password !== body.password)
                throw new Refusal(403, "Invalid Username or Password");
            session.user = body.username ?? "";
            return { success: true };
        }
        if (session.user === undefined) throw new Refusal(401, "Requires authentication");
        for (const [wanted, pattern, carryOut] of routes) {
            const match = wanted === method ? pattern.exec(path) : null;
            if (match !== null)
                return carryOut({ state: this.state, match: match.slice(1).map(decodeURIComponent), body, query });
        }
        throw new Refusal(404, "Not Found");
    }
}
