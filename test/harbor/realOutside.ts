import { request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";

import type { Copy, Credential, Endpoint, Health, Image, Outside } from "./outside.ts";
import { Skopeo } from "./skopeo.ts";

/** What a registry answered. */
interface Reply {
    readonly status: number;
    readonly body: string;
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

const manifests = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/**
 * Registries that are really there, over their own API. Every type is spoken to as a plain registry; what a Harbor or Docker Hub has beside that
 * is not asked for, except where the check of an endpoint does. Copies are made by skopeo, whole and digest for digest.
 */
export class RealOutside implements Outside {
    private readonly skopeo: Skopeo;

    /** `command` starts skopeo: the program, and what comes before its own arguments. */
    constructor(command: readonly string[] = ["skopeo"]) {
        this.skopeo = new Skopeo(command);
    }

    async health(endpoint: Endpoint): Promise<Health> {
        const picky =
            endpoint.type === "harbor" || (endpoint.type === "docker-hub" && endpoint.credential !== undefined);
        try {
            if (endpoint.type === "harbor") await ask(endpoint, "GET", "/api/version");
        } catch {
            return "fault";
        }
        try {
            const { status } = await ask(endpoint, "GET", "/v2/");
            if (status < 300) return "healthy";
            // A registry that wants a login is healthy to whoever has none, and shows it only when something is copied.
            return endpoint.credential === undefined && (status === 401 || status === 403) ? "healthy" : "unhealthy";
        } catch {
            return picky ? "fault" : "unhealthy";
        }
    }

    async catalog(endpoint: Endpoint): Promise<string[]> {
        const names: string[] = [];
        let path: string | undefined = "/v2/_catalog?n=1000";
        while (path !== undefined) {
            const reply: Reply = must(await ask(endpoint, "GET", path));
            names.push(...((JSON.parse(reply.body) as { repositories?: string[] | null }).repositories ?? []));
            path = /<([^>]+)>/.exec(String(reply.headers.link ?? ""))?.[1];
        }
        return names;
    }

    async tags(endpoint: Endpoint, repository: string): Promise<string[]> {
        try {
            const { body } = must(await ask(endpoint, "GET", `/v2/${repository}/tags/list`));
            return (JSON.parse(body) as { tags?: string[] | null }).tags ?? [];
        } catch (error) {
            const text = error instanceof Error ? error.message : String(error);
            throw new Error(`failed to list artifacts of repository ${repository}: ${text}`, { cause: error });
        }
    }

    async image(endpoint: Endpoint, repository: string, tag: string): Promise<Image | undefined> {
        const reply = await ask(endpoint, "HEAD", `/v2/${repository}/manifests/${tag}`);
        if (reply.status === 404) return undefined;
        const digest = must(reply).headers["docker-content-digest"];
        if (typeof digest !== "string") throw new Error(`no digest of ${repository}:${tag}`);
        // Layers are skopeo's concern, so that none are named here.
        return { digest, size: Number(reply.headers["content-length"] ?? 0), blobs: [] };
    }

    /** Whole images are copied, so that nobody asks for a layer. */
    blob(): Promise<undefined> {
        return Promise.resolve(undefined);
    }

    copyBlob(): Promise<void> {
        return Promise.resolve();
    }

    finish(copy: Copy): Promise<void> {
        return this.skopeo.copy(copy);
    }

    async remove(endpoint: Endpoint, repository: string, tag: string): Promise<void> {
        const reply = await ask(endpoint, "DELETE", `/v2/${repository}/manifests/${tag}`);
        if (reply.status !== 404) must(reply);
    }
}

/** The reply if it is a success; else an error in the words of Harbor's client. */
function must(reply: Reply): Reply {
    if (reply.status >= 200 && reply.status < 300) return reply;
    throw new Error(`http status code: ${String(reply.status)}, body: ${reply.body}`);
}

/** Asks a registry, with a token where it wants one. */
async function ask(endpoint: Endpoint, method: string, path: string): Promise<Reply> {
    const { credential } = endpoint;
    const first = await once(endpoint, method, `${endpoint.url}${path}`, basic(credential));
    const challenge = String(first.headers["www-authenticate"] ?? "");
    if (first.status !== 401 || !/^bearer /i.test(challenge)) return first;
    const part = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? "";
    const query = new URLSearchParams({ service: part("service"), scope: part("scope") });
    const granted = await once(endpoint, "GET", `${part("realm")}?${query.toString()}`, basic(credential));
    if (granted.status !== 200) return granted;
    const { token, access_token } = JSON.parse(granted.body) as { token?: string; access_token?: string };
    return once(endpoint, method, `${endpoint.url}${path}`, `Bearer ${token ?? access_token ?? ""}`);
}

function basic(credential: Credential | undefined): string | undefined {
    if (credential === undefined || credential.key === "") return undefined;
    return `Basic ${Buffer.from(`${credential.key}:${credential.secret ?? ""}`).toString("base64")}`;
}

function once(endpoint: Endpoint, method: string, url: string, authorization: string | undefined): Promise<Reply> {
    const { caCertificate, insecure } = endpoint;
    const given = caCertificate.trim() !== "";
    const headers = {
        Accept: `${manifests}, */*`,
        ...(authorization === undefined ? {} : { Authorization: authorization }),
    };
    const send = url.startsWith("https:") ? secureRequest : plainRequest;
    // A certificate authority that is given is asked even when the check is switched off.
    const trust = { rejectUnauthorized: given || !insecure, ...(given ? { ca: caCertificate } : {}) };
    return new Promise((resolve, reject) => {
        const outgoing = send(url, { method, headers, timeout: 10_000, ...trust }, (incoming) => {
            let body = "";
            incoming.setEncoding("utf8");
            incoming.on("data", (chunk: string) => (body += chunk));
            incoming.on("end", () => {
                resolve({ status: incoming.statusCode ?? 0, body, headers: incoming.headers });
            });
        });
        outgoing.on("timeout", () => outgoing.destroy(new Error("i/o timeout")));
        outgoing.on("error", (error) => {
            reject(new Error(`${method === "GET" ? "Get" : "Head"} "${url}": ${error.message}`));
        });
        outgoing.end();
    });
}
