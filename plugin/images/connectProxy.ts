import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

/** Makes a connection to the registry, to be spoken through as if it were one to its host. */
export type Dial = () => Promise<Duplex>;

/**
 * A proxy on loopback: whoever asks for the registry's host by CONNECT is led through `dial`, and for any other one straight there, since
 * the same program may copy from another registry. TLS goes through it from end to end, so each is met under its own name. Nobody else
 * on this machine may use it: its address holds a password.
 */
export class ConnectProxy {
    /** Address for `HTTPS_PROXY`. Secret. */
    readonly url: string;
    private readonly server: Server;
    private readonly open = new Set<Duplex>();

    private constructor(server: Server, url: string) {
        this.server = server;
        this.url = url;
    }

    /** `host` is the registry's, `name:port`. */
    static async start(host: string, dial: Dial): Promise<ConnectProxy> {
        const password = randomBytes(16).toString("hex");
        const server = createServer((_, response) => {
            response.writeHead(405, { connection: "close" }).end();
        });
        await new Promise<void>((resolve, reject) => {
            server.once("error", reject);
            server.listen(0, "127.0.0.1", resolve);
        });
        const { port } = server.address() as AddressInfo;
        const proxy = new ConnectProxy(server, `http://seed:${password}@127.0.0.1:${port.toString()}`);
        const login = `Basic ${Buffer.from(`seed:${password}`).toString("base64")}`;
        server.on("connect", (request: IncomingMessage, client: Duplex, head: Buffer) => {
            const allowed = same(request.headers["proxy-authorization"] ?? "", login);
            if (!allowed) client.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
            else proxy.lead(client, head, request.url === host ? dial : () => straight(request.url ?? ""));
        });
        return proxy;
    }

    /** Ends every connection, and the proxy. */
    close(): void {
        for (const one of this.open) one.destroy();
        this.server.close();
    }

    private lead(client: Duplex, head: Buffer, dial: Dial): void {
        this.keep(client);
        dial().then(
            (registry) => {
                this.keep(registry);
                for (const [one, other] of [
                    [client, registry],
                    [registry, client],
                ] as const) {
                    one.on("close", () => other.destroy());
                }
                client.write("HTTP/1.1 200 Connection established\r\n\r\n");
                if (head.length > 0) registry.write(head);
                client.pipe(registry).pipe(client);
            },
            (error: unknown) => client.end(`HTTP/1.1 502 ${oneLine((error as Error).message)}\r\n\r\n`),
        );
    }

    private keep(one: Duplex): void {
        this.open.add(one);
        // What breaks a connection is told to whoever speaks through it, by its end.
        one.on("error", () => one.destroy());
        one.on("close", () => this.open.delete(one));
    }
}

function straight(target: string): Promise<Duplex> {
    const { hostname, port } = new URL(`tcp://${target}`);
    return new Promise((resolve, reject) => {
        const socket = connect(Number(port), hostname.replace(/^\[|\]$/g, ""));
        socket.once("error", reject);
        socket.once("connect", () => {
            resolve(socket);
        });
    });
}

function same(given: string, wanted: string): boolean {
    const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
    return one.length === other.length && timingSafeEqual(one, other);
}

/** A proxy's reason is what its client shows. */
function oneLine(text: string): string {
    return text.replace(/[^\x20-\x7e]+/g, " ").slice(0, 200);
}
