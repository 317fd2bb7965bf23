import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { ApiServer, KubeObject } from "../../plugin/copier/apiServer.ts";

interface Tag {
    name: string;
    from?: { kind: string; name: string };
    generation?: number | null;
}

interface Stream extends KubeObject {
    spec: { tags?: Tag[]; lookupPolicy?: { local: boolean } };
    status: {
        dockerImageRepository: string;
        publicDockerImageRepository?: string;
        tags?: { tag: string; items: { image: string; generation: number }[] | null; conditions?: object[] }[];
    };
}

const group = "image.openshift.io";
const verbs = ["create", "delete", "get", "list", "update"];

/**
 * A small `image.openshift.io`, as it is behind the aggregator of an OKD cluster: image streams and imports of them. Upstream is a map. What a
 * controller imports a moment later is imported at once.
 */
export class ImageApi {
    /** Digest by reference: all that there is upstream. */
    readonly upstream = new Map<string, string>();
    readonly streams = new Map<string, Stream>();
    /** First public host of the registry. */
    publicHost: string | undefined;
    /** How many requests it still answers with 503, as while it is rolled out. */
    busy = 0;
    private readonly server: Server;
    private version = 1;

    private constructor(server: Server) {
        this.server = server;
        server.on("request", (request, response) => void this.serve(request, response));
    }

    static async start(): Promise<ImageApi> {
        const folder = mkdtempSync(join(tmpdir(), "image-api-"));
        const [key, certificate] = [join(folder, "key"), join(folder, "crt")];
        execFileSync(
            "openssl",
            [
                ...[
                    "req",
                    "-x509",
                    "-newkey",
                    "ec",
                    "-pkeyopt",
                    "ec_paramgen_curve:prime256v1",
                    "-nodes",
                    "-days",
                    "2",
                ],
                ...[
                    "-subj",
                    "/CN=localhost",
                    "-addext",
                    "subjectAltName=DNS:localhost",
                    "-keyout",
                    key,
                    "-out",
                    certificate,
                ],
            ],
            { stdio: "ignore" },
        );
        const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) });
        rmSync(folder, { recursive: true });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        return new ImageApi(server);
    }

    /** Puts itself behind the API server's aggregator, and waits until it is served. */
    async register(api: ApiServer): Promise<void> {
        const { port } = this.server.address() as AddressInfo;
        await api.send("POST", "/api/v1/namespaces", {
            ...{ apiVersion: "v1", kind: "Namespace", metadata: { name: "openshift-apiserver" } },
        });
        await api.send("POST", "/api/v1/namespaces/openshift-apiserver/services", {
            ...{ apiVersion: "v1", kind: "Service", metadata: { name: "api" } },
            // The aggregator goes there by name, and loopback has no Endpoints.
            spec: { type: "ExternalName", externalName: "localhost", ports: [{ port }] },
        });
        await api.send("POST", "/apis/apiregistration.k8s.io/v1/apiservices", {
            ...{ apiVersion: "apiregistration.k8s.io/v1", kind: "APIService", metadata: { name: `v1.${group}` } },
            spec: {
                ...{
                    group,
                    version: "v1",
                    groupPriorityMinimum: 9900,
                    versionPriority: 15,
                    insecureSkipTLSVerify: true,
                },
                service: { namespace: "openshift-apiserver", name: "api", port },
            },
        });
        for (let attempt = 0; ; attempt += 1) {
            try {
                await api.list(`/apis/${group}/v1/namespaces/apps/imagestreams`);
                return;
            } catch (error) {
                if (attempt > 20) throw error;
            }
            await sleep(300);
        }
    }

    async stop(): Promise<void> {
        this.server.closeAllConnections();
        await new Promise((resolve) => this.server.close(resolve));
    }

    /** What a push does: another image under a tag. */
    push(place: string, tag: string, image: string): void {
        const stream = this.streams.get(place);
        if (stream === undefined) throw new Error(`there is no stream ${place}`);
        this.record(stream, tag, { image });
    }

    private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const text = Buffer.concat(chunks).toString();
        const { pathname } = new URL(request.url ?? "", "https://localhost");
        const [status, answer] = this.answer(request.method ?? "", pathname, text === "" ? {} : JSON.parse(text));
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify(answer));
    }

    private answer(method: string, path: string, body: unknown): [number, object] {
        if (path === `/apis/${group}/v1`) return [200, discovery];
        const match =
            /^\/apis\/image\.openshift\.io\/v1\/namespaces\/([^/]+)\/(imagestreams|imagestreamimports)(?:\/([^/]+))?$/.exec(
                path,
            );
        if (match === null) return [404, failure(404, `no ${path}`)];
        if (this.busy > 0) {
            this.busy -= 1;
            return [503, failure(503, "the server is currently unable to handle the request")];
        }
        const [, namespace = "", kind, name = ""] = match;
        if (kind === "imagestreamimports") return [201, this.import(namespace, body as Import)];
        if (name === "" && method === "GET") {
            return [
                200,
                {
                    kind: "ImageStreamList",
                    apiVersion: `${group}/v1`,
                    metadata: { resourceVersion: "1" },
                    items: [...this.streams.values()],
                },
            ];
        }
        const given = body as Stream;
        const place = `${namespace}/${name === "" ? given.metadata.name : name}`;
        const found = this.streams.get(place);
        if (method === "POST") {
            if (found !== undefined) return [409, failure(409, `imagestreams "${name}" already exists`)];
            return [201, this.store(namespace, given, undefined)];
        }
        if (found === undefined) return [404, failure(404, `imagestreams.image.openshift.io "${name}" not found`)];
        if (method === "DELETE") this.streams.delete(place);
        if (method !== "PUT") return [200, found];
        if (given.metadata.resourceVersion !== found.metadata.resourceVersion) {
            return [409, failure(409, "the object has been modified; please apply your changes to the latest version")];
        }
        return [200, this.store(namespace, given, found)];
    }

    private store(namespace: string, given: Stream, before: Stream | undefined): Stream {
        const { name } = given.metadata;
        this.version += 1;
        const repository = (host: string): string => `${host}/${namespace}/${name}`;
        const stream: Stream = {
            ...given,
            metadata: { ...given.metadata, namespace, resourceVersion: this.version.toString() },
            spec: given.spec,
            status: {
                ...before?.status,
                dockerImageRepository: repository("image-registry.openshift-image-registry.svc:5000"),
                ...(this.publicHost === undefined ? {} : { publicDockerImageRepository: repository(this.publicHost) }),
            },
        };
        this.streams.set(`${namespace}/${name}`, stream);
        for (const tag of stream.spec.tags ?? []) {
            if (tag.from === undefined || typeof tag.generation === "number") continue;
            tag.generation = this.version;
            const image = this.upstream.get(tag.from.name);
            this.record(stream, tag.name, image === undefined ? { problem: missing(tag.from.name) } : { image });
        }
        return stream;
    }

    private record(stream: Stream, tag: string, found: { image?: string; problem?: string }): void {
        const tags = (stream.status.tags ??= []);
        let entry = tags.find((one) => one.tag === tag);
        if (entry === undefined) tags.push((entry = { tag, items: null }));
        const { image, problem } = found;
        entry.conditions =
            problem === undefined
                ? []
                : [{ type: "ImportSuccess", status: "False", reason: "NotFound", message: problem }];
        if (image === undefined || entry.items?.[0]?.image === image) return;
        entry.items = [{ image, generation: this.version }, ...(entry.items ?? [])];
    }

    private import(namespace: string, request: Import): object {
        const stream = this.streams.get(`${namespace}/${request.metadata.name}`);
        const images = request.spec.images.map(({ from, to }) => {
            const image = this.upstream.get(from.name);
            if (image === undefined)
                return { status: { status: "Failure", reason: "NotFound", message: missing(from.name) } };
            if (request.spec.import && stream !== undefined) this.record(stream, to.name, { image });
            return { status: { status: "Success" }, tag: to.name, image: { metadata: { name: image } } };
        });
        return { ...request, status: { images } };
    }
}

interface Import {
    metadata: { name: string };
    spec: { import: boolean; images: { from: { name: string }; to: { name: string } }[] };
}

function missing(reference: string): string {
    return `dockerimage.image.openshift.io "${reference}" not found`;
}

function failure(code: number, message: string): object {
    return { kind: "Status", apiVersion: "v1", status: "Failure", code, message };
}

const discovery = {
    ...{ kind: "APIResourceList", apiVersion: "v1", groupVersion: `${group}/v1` },
    resources: [
        { name: "imagestreams", singularName: "imagestream", namespaced: true, kind: "ImageStream", verbs },
        {
            name: "imagestreamimports",
            singularName: "imagestreamimport",
            namespaced: true,
            kind: "ImageStreamImport",
            verbs: ["create"],
        },
    ],
};
