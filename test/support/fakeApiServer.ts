import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { ApiServer, type KubeObject } from "../../plugin/copier/apiServer.ts";

/** What was asked of the server. */
export interface Asked {
    readonly method: string;
    /** Path and query. */
    readonly url: string;
    readonly body: unknown;
}

/** An answer that a test gives instead of the server's own. */
export interface Answer {
    readonly status: number;
    readonly message: string;
}

interface Watcher {
    readonly kind: string;
    readonly matches: (object: KubeObject) => boolean;
    readonly response: ServerResponse;
}

/**
 * A small API server over real HTTP, for namespaces, Secrets, ConfigMaps, ServiceAccounts and what DaemonSets consist of: names are unique, a change under an old
 * resourceVersion is refused, lists come in pages and can be watched.
 */
export class FakeApiServer {
    readonly asked: Asked[] = [];
    /** Called before each request; what it returns is the answer. */
    refuse: (asked: Asked) => Answer | undefined = () => undefined;
    private readonly objects = new Map<string, KubeObject>();
    private readonly watchers = new Set<Watcher>();
    private readonly server: Server;
    private version = 1;

    private constructor() {
        this.server = createServer((request, response) => {
            void this.serve(request, response);
        });
    }

    static async start(): Promise<FakeApiServer> {
        const fake = new FakeApiServer();
        await new Promise<void>((resolve) => fake.server.listen(0, "127.0.0.1", resolve));
        return fake;
    }

    get port(): number {
        return (this.server.address() as AddressInfo).port;
    }

    /** A client of it. */
    client(signal?: AbortSignal): ApiServer {
        return new ApiServer(() => ({ protocol: "http:", hostname: "127.0.0.1", port: this.port }), signal);
    }

    /** A kubeconfig that leads to it. */
    get kubeconfig(): string {
        return JSON.stringify({
            clusters: [
                {
                    name: "fake",
                    cluster: {
                        server: `http://127.0.0.1:${this.port.toString()}`,
                        // The library speaks plain HTTP only to those who say that they mean it.
                        "insecure-skip-tls-verify": true,
                    },
                },
            ],
            contexts: [{ name: "fake", context: { cluster: "fake", user: "fake" } }],
            users: [{ name: "fake", user: {} }],
            "current-context": "fake",
        });
    }

    async stop(): Promise<void> {
        this.server.closeAllConnections();
        await new Promise((resolve) => this.server.close(resolve));
    }

    /** Makes a namespace with its ServiceAccount `default`, as the controllers do. */
    addNamespace(name: string, labels: Record<string, string> = {}): void {
        this.put("/api/v1/namespaces", { metadata: { name, labels } });
        this.put(`/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: "default", namespace: name } });
    }

    /** Puts an object there, whatever there was. `collection` is the path without the name. */
    put(collection: string, object: KubeObject): void {
        const path = `${collection}/${object.metadata.name}`;
        this.store(path, object, this.objects.has(path) ? "MODIFIED" : "ADDED");
    }

    remove(path: string): void {
        const object = this.objects.get(path);
        if (object === undefined) return;
        this.objects.delete(path);
        this.version += 1;
        this.tell("DELETED", path, object);
    }

    get(path: string): KubeObject | undefined {
        return structuredClone(this.objects.get(path));
    }

    /** Names of the pull secrets that a ServiceAccount hands out, in order. */
    entries(namespace: string, account = "default"): string[] {
        const found = this.get(`/api/v1/namespaces/${namespace}/serviceaccounts/${account}`);
        return ((found?.imagePullSecrets ?? []) as { name: string }[]).map(({ name }) => name);
    }

    /** Ends every watch, as a server does that restarts. With a message, it says so before. */
    breakWatches(message?: string): void {
        for (const { response } of this.watchers) {
            if (message === undefined) response.destroy();
            else response.end(`${JSON.stringify({ type: "ERROR", object: { metadata: { name: "" }, message } })}\n`);
        }
        this.watchers.clear();
    }

    private store(path: string, object: KubeObject, type: "ADDED" | "MODIFIED"): KubeObject {
        this.version += 1;
        const { uid = `uid-${this.version.toString()}` } = this.objects.get(path)?.metadata ?? {};
        const stored = structuredClone({
            ...object,
            metadata: { ...object.metadata, uid, resourceVersion: this.version.toString() },
        });
        this.objects.set(path, stored);
        this.tell(type, path, stored);
        return stored;
    }

    private tell(type: string, path: string, object: KubeObject): void {
        for (const watcher of this.watchers) {
            if (watcher.kind !== kindOf(path) || !watcher.matches(object)) continue;
            watcher.response.write(`${JSON.stringify({ type, object })}\n`);
        }
    }

    private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const { method = "", url = "" } = request;
        const text = Buffer.concat(chunks).toString();
        const body: unknown = text === "" ? undefined : JSON.parse(text);
        const asked = { method, url, body };
        this.asked.push(asked);
        const { pathname, searchParams } = new URL(url, "http://fake");
        const answer = (status: number, value: unknown): void => {
            response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
        };
        const refused = this.refuse(asked);
        if (refused !== undefined) answer(refused.status, refused);
        else if (searchParams.get("watch") === "true") this.watch(pathname, searchParams, response);
        else answer(...this.answer(method, pathname, searchParams, body as KubeObject));
    }

    private answer(method: string, path: string, query: URLSearchParams, body: KubeObject): [number, unknown] {
        const there = this.objects.get(path);
        const absent: [number, unknown] = [404, { message: `${path} not found` }];
        switch (method) {
            case "GET":
                if (collections.test(path)) return [200, this.list(path, query)];
                return there === undefined ? absent : [200, there];
            case "POST": {
                const target = `${path}/${body.metadata.name}`;
                const namespace = /\/namespaces\/([^/]+)\//.exec(target)?.[1];
                if (namespace !== undefined && !this.objects.has(`/api/v1/namespaces/${namespace}`)) {
                    return [404, { message: `namespaces "${namespace}" not found` }];
                }
                if (this.objects.has(target)) return [409, { message: `${target} already exists` }];
                return [201, this.store(target, body, "ADDED")];
            }
            case "PUT":
                if (there === undefined) return absent;
                if (body.metadata.resourceVersion !== there.metadata.resourceVersion) {
                    return [409, { message: "the object has been modified" }];
                }
                return [200, this.store(path, body, "MODIFIED")];
            case "DELETE": {
                if (collections.test(path)) {
                    const { items } = this.list(path, query) as { items: KubeObject[] };
                    for (const { metadata } of items) this.remove(`${path}/${metadata.name}`);
                    return [200, { status: "Success" }];
                }
                const { preconditions } = body as unknown as { preconditions?: { uid?: string } };
                if (there === undefined) return absent;
                if (preconditions?.uid !== undefined && preconditions.uid !== there.metadata.uid) {
                    return [409, { message: "the UID in the precondition does not match" }];
                }
                this.remove(path);
                if (kindOf(path) === "namespaces") {
                    for (const key of this.objects.keys()) if (key.startsWith(`${path}/`)) this.remove(key);
                }
                return [200, { status: "Success" }];
            }
            default:
                return [405, { message: `no ${method} here: lists are atomic under apply and patch` }];
        }
    }

    private list(path: string, query: URLSearchParams): unknown {
        const matches = matcherOf(query);
        const all = [...this.objects].filter(([key, object]) => kindOf(key) === kindOf(`${path}/x`) && matches(object));
        const from = Number(query.get("continue") ?? "0");
        const until = from + Number(query.get("limit") ?? "0");
        const more = until > from && until < all.length ? { continue: until.toString() } : {};
        const items = all.slice(from, until > from ? until : undefined).map(([, object]) => object);
        return { items, metadata: { resourceVersion: this.version.toString(), ...more } };
    }

    private watch(path: string, query: URLSearchParams, response: ServerResponse): void {
        const watcher = { kind: kindOf(`${path}/x`), matches: matcherOf(query), response };
        response.writeHead(200, { "content-type": "application/json" });
        response.flushHeaders();
        // What changed between the list and the watch must not be lost.
        for (const [key, object] of this.objects) {
            const newer = Number(object.metadata.resourceVersion) > Number(query.get("resourceVersion"));
            if (newer && watcher.kind === kindOf(key) && watcher.matches(object)) {
                response.write(`${JSON.stringify({ type: "MODIFIED", object })}\n`);
            }
        }
        this.watchers.add(watcher);
        response.on("close", () => this.watchers.delete(watcher));
    }
}

/** Paths of what is a list. */
const collections = /\/(namespaces|secrets|configmaps|serviceaccounts|nodes|pods|controllerrevisions|events)$/;

/** `secrets` of `/api/v1/namespaces/x/secrets/y`. */
function kindOf(path: string): string {
    return path.split("/").at(-2) ?? "";
}

function matcherOf(query: URLSearchParams): (object: KubeObject) => boolean {
    const wanted = (query.get("labelSelector") ?? "").split(",").filter(Boolean);
    const fields = (query.get("fieldSelector") ?? "").split(",").filter(Boolean);
    return (object) =>
        fields.every((one) => {
            const [path = "", value] = one.split("=");
            const found = path
                .split(".")
                .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], object);
            return found === value;
        }) &&
        wanted.every((one) => {
            const [key = "", value] = one.split("=");
            return object.metadata.labels?.[key] === value;
        });
}
