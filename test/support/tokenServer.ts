import { sign } from "node:crypto";
import { createServer, request, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

import { makeCertificate, type Made } from "./certificateMaker.ts";
import type { Manner } from "./realRegistry.ts";

const service = "registry of a test";
const issuer = "token server of a test";

/**
 * Gives tokens to whoever shows the login, as Docker's token authentication has it
 * (https://distribution.github.io/distribution/spec/auth/token/), and can have all of them end at once.
 */
export class TokenServer {
    /** How many tokens it has given. */
    given = 0;
    /** Whether it still knows the login. */
    open = true;
    private readonly server: Server;
    private readonly key: Made = makeCertificate({ name: "tokens", ca: true, use: "1.3.6.1.5.5.7.3.1" });
    private readonly valid = new Set<string>();
    private readonly doors: Server[] = [];

    private readonly scheme: "http" | "https";

    private constructor(login: { user: string; password: string }, tls?: { certificate: string; key: string }) {
        const wanted = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString("base64")}`;
        const listener: RequestListener = (incoming, answer) => {
            const { searchParams } = new URL(incoming.url ?? "", "http://tokens");
            if (incoming.method !== "GET") answer.writeHead(405).end();
            else if (!this.open || incoming.headers.authorization !== wanted) answer.writeHead(401).end();
            else {
                const token = this.token(login.user, searchParams.getAll("scope"));
                answer.writeHead(200, { "content-type": "application/json" });
                answer.end(JSON.stringify({ token, expires_in: 300 }));
            }
        };
        this.scheme = tls === undefined ? "http" : "https";
        this.server =
            tls === undefined
                ? createServer(listener)
                : createTlsServer({ cert: tls.certificate, key: tls.key }, listener);
    }

    /** `tls` is PEM: clients do not hand the login of a registry with TLS to a server without. */
    static async start(
        login: { user: string; password: string },
        tls?: { certificate: string; key: string },
    ): Promise<TokenServer> {
        const tokens = new TokenServer(login, tls);
        await listening(tokens.server);
        return tokens;
    }

    /** What a registry needs in order to believe these tokens. */
    get manner(): NonNullable<Manner["token"]> {
        const { port } = this.server.address() as AddressInfo;
        const realm = `${this.scheme}://127.0.0.1:${port.toString()}/token`;
        return { realm, service, issuer, authority: this.key.certificate };
    }

    /** Ends every token that was given so far, as seen through a door. */
    expire(): void {
        this.valid.clear();
    }

    /** A way to a registry, `host:port`, through which a token that was ended is none. `seen` is told of each request. */
    async door(registry: string, seen: (method: string, path: string) => void = () => undefined): Promise<string> {
        const { hostname, port } = new URL(registry);
        const door = createServer((incoming, answer) => {
            const { method = "", url: path = "", headers } = incoming;
            seen(method, path);
            const token = headers.authorization?.replace(/^Bearer /, "");
            const rest = { ...headers };
            if (token !== undefined && !this.valid.has(token)) delete rest.authorization;
            const further = request({ hostname, port, method, path, headers: rest }, (response) => {
                answer.writeHead(response.statusCode ?? 500, response.headers);
                response.pipe(answer);
            });
            further.on("error", () => answer.destroy());
            incoming.pipe(further);
        });
        this.doors.push(door);
        await listening(door);
        return `127.0.0.1:${(door.address() as AddressInfo).port.toString()}`;
    }

    stop(): void {
        for (const server of [this.server, ...this.doors]) {
            server.closeAllConnections();
            server.close();
        }
    }

    private token(user: string, scopes: readonly string[]): string {
        this.given += 1;
        const now = Math.floor(Date.now() / 1000);
        const access = scopes
            .flatMap((scope) => scope.split(" "))
            .map((scope) => {
                const [type = "", name = "", actions = ""] = scope.split(":");
                return { type, name, actions: actions.split(",") };
            });
        const claims = { iss: issuer, sub: user, aud: service, iat: now, nbf: now - 10, exp: now + 300, access };
        const chain = this.key.certificate.replaceAll(/-----[^-]+-----|\n/g, "");
        const parts = [
            { typ: "JWT", alg: "ES256", x5c: [chain] },
            { ...claims, jti: this.given.toString() },
        ].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
        const text = parts.join(".");
        const signature = sign("sha256", Buffer.from(text), { key: this.key.privateKey, dsaEncoding: "ieee-p1363" });
        const token = `${text}.${signature.toString("base64url")}`;
        this.valid.add(token);
        return token;
    }
}

async function listening(server: Server): Promise<void> {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
}
