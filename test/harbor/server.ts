import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";

import { sleep } from "./clock.ts";
import { Contract, type Problem } from "./contract.ts";
import { Faults, type Harm } from "./faults.ts";
import { Login } from "./login.ts";
import { bodyOf, readRequest, refused, requestId, send, type Answer, type Request } from "./message.ts";
import type { Options } from "./options.ts";
import type { Image } from "./outside.ts";
import { Refusal } from "./refusal.ts";
import { proxyRegistry } from "./registryProxy.ts";
import { carryOut } from "./routes.ts";
import { Runs } from "./runs.ts";
import { Sessions } from "./session.ts";
import { State } from "./state.ts";
import { findContract } from "../support/contracts.ts";

const readOnly = new Refusal(403, "The system is in read only mode. Any modification is prohibited.", "DENIED");

/** A request that was answered, for tests that count. */
export interface Asked {
    readonly method: string;
    readonly path: string;
    readonly status: number;
}

/** A stand-in for Harbor 2.15.2: its API with its state, its errors and its habits, and no more of its content than replication needs. */
export class HarborServer {
    readonly state: State;
    readonly faults = new Faults();
    /** What was asked, in order. */
    readonly asked: Asked[] = [];
    /** What was wrong with requests and answers, by Harbor's OpenAPI document. */
    readonly problems: Problem[] = [];
    /** The most requests that were in flight at the same moment. */
    mostAtOnce = 0;
    private atOnce = 0;
    private readonly runs: Runs;
    private readonly login: Login;
    private readonly sessions = new Sessions();
    private readonly server;
    private readonly contract: Contract | undefined;

    private constructor(options: Options, contract: Contract | undefined) {
        this.state = new State(options);
        this.contract = contract;
        this.runs = new Runs(this.state);
        this.login = new Login(this.state);
        const listener: RequestListener = (incoming, response) => {
            this.serve(incoming, response).catch(() => response.destroy());
        };
        this.server = options.tls === undefined ? createServer(listener) : createSecureServer(options.tls, listener);
    }

    /** Starts one; it listens when the promise is kept. */
    static async start(options: Options = {}): Promise<HarborServer> {
        const wanted = options.validate ?? findContract("harbor-api-2.15.2.yaml") !== undefined;
        const harbor = new HarborServer(options, wanted ? await Contract.read() : undefined);
        const host = options.host ?? "127.0.0.1";
        await new Promise<void>((resolve, reject) => {
            harbor.server.once("error", reject);
            harbor.server.listen(options.port ?? 0, host, resolve);
        });
        harbor.state.externalUrl = options.externalUrl ?? harbor.url;
        harbor.state.keepImages();
        return harbor;
    }

    /** Where it is. */
    get url(): string {
        const { address, port } = this.server.address() as AddressInfo;
        return `${this.state.options.tls === undefined ? "http" : "https"}://${address}:${String(port)}`;
    }

    /** Ends it, and whatever still waits for an answer. */
    async close(): Promise<void> {
        this.runs.close();
        this.server.closeAllConnections();
        await new Promise((resolve) => this.server.close(resolve));
    }

    /** Is away for a while, as a Harbor behind a proxy that restarts. */
    restart(milliseconds: number): void {
        const until = this.state.clock.now() + milliseconds;
        this.faults.add({ harm: { kind: "answer", status: 503 }, until });
    }

    /** Puts an image under a tag of its own, as a push does, and lets the rules hear of it. */
    async push(repository: string, tag: string, image: Image): Promise<void> {
        const { local, outside, content, clock } = this.state;
        await outside.finish({ from: local, to: local, repository, target: repository, tag, image });
        content.put(repository, tag, image, clock.now());
        this.runs.pushed(repository, tag);
    }

    private async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
        this.atOnce += 1;
        this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
        try {
            if (incoming.url?.startsWith("/v2/") === true) await this.registry(incoming, response);
            else await this.api(await readRequest(incoming), response);
        } finally {
            this.atOnce -= 1;
        }
    }

    private async api(request: Request, response: ServerResponse): Promise<void> {
        const harm = this.faults.next(request, this.state.clock.now());
        if (harm?.kind === "slow") await sleep(this.state.clock, harm.ms);
        if (harm?.kind === "reset") {
            response.destroy();
            return;
        }
        if (harm?.kind === "answer") {
            this.note(request, harm.status);
            answerInstead(response, harm);
            return;
        }
        const { answer, headers } = await this.answer(request);
        this.note(request, answer.status);
        if (harm?.kind === "lost") response.destroy();
        else if (harm?.kind === "cut") cut(response, answer);
        else send(response, answer, headers, request.method);
    }

    private note(request: Request, status: number): void {
        this.asked.push({ method: request.method, path: request.path, status });
    }

    /** Any answer, with the headers that belong to every answer. */
    private async answer(request: Request): Promise<{ answer: Answer; headers: Record<string, string | string[]> }> {
        const headers = { "X-Request-Id": requestId(request) };
        const visit = this.sessions.visit(request);
        const cookies = visit.cookies.length === 0 ? {} : { "Set-Cookie": [...visit.cookies] };
        if (request.path === "/api/version") {
            const text = '{"version":"v2.0"}\n';
            const type = { "Content-Type": "text/plain; charset=utf-8" };
            return { answer: { status: 200, text, headers: type }, headers: { ...headers, ...cookies } };
        }
        this.problems.push(...(this.contract?.request(request) ?? []));
        const answer = visit.refusal === undefined ? await this.outcome(request) : refused(visit.refusal);
        this.problems.push(...(this.contract?.answer(request, answer) ?? []));
        if (answer.json !== undefined && isDenied(answer)) return { answer, headers };
        return { answer, headers: { ...headers, ...visit.headers, ...cookies } };
    }

    private async outcome(request: Request): Promise<Answer> {
        const { state } = this;
        try {
            const nobody = { kind: "anonymous" } as const;
            const open = request.path.endsWith("/ping") && request.method === "GET";
            const identity = open ? nobody : await this.login.who(request.headers.authorization);
            const writes = !["GET", "HEAD", "OPTIONS"].includes(request.method);
            if (state.settings.read_only && writes && !request.path.endsWith("/configurations")) throw readOnly;
            return await carryOut(state, this.runs, request, identity);
        } catch (error) {
            if (error instanceof Refusal) return refused(error);
            // A mistake of the stand-in itself must not look like one of Harbor's faults.
            return { status: 500, json: { errors: [{ code: "STAND_IN", message: String(error) }] } };
        }
    }

    private async registry(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
        const identity = await this.login.who(incoming.headers.authorization);
        const pushed = await proxyRegistry(this.state, identity, incoming, response);
        if (pushed === undefined) return;
        const { content, clock } = this.state;
        content.put(pushed.repository, pushed.tag, pushed.image, clock.now());
        this.runs.pushed(pushed.repository, pushed.tag);
    }
}

function isDenied(answer: Answer): boolean {
    return answer.status === 403 && bodyOf(answer) === bodyOf(refused(readOnly));
}

function answerInstead(response: ServerResponse, harm: Harm & { kind: "answer" }): void {
    const wait = harm.retryAfter === undefined ? {} : { "Retry-After": String(harm.retryAfter) };
    response.writeHead(harm.status, { "Content-Type": "text/html", ...wait });
    response.end(`<html><head><title>${String(harm.status)}</title></head><body>nginx</body></html>\n`);
}

function cut(response: ServerResponse, answer: Answer): void {
    const body = bodyOf(answer);
    response.writeHead(answer.status, { "Content-Length": String(Buffer.byteLength(body) + 100) });
    response.write(body.slice(0, Math.floor(body.length / 2)), () => response.destroy());
}
