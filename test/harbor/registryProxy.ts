import { request as plainRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { request as secureRequest } from "node:https";
import { isIP } from "node:net";

import type { Image } from "./outside.ts";
import type { Identity } from "./permissions.ts";
import type { State } from "./state.ts";

/** A tag that somebody pushed. */
export interface Pushed {
    readonly repository: string;
    readonly tag: string;
    readonly image: Image;
}

/**
 * Hands a request for `/v2/` on to the registry that keeps the images, where a real one was named. Anonymous clients are asked to log in;
 * which project somebody may use is not looked at. The answer tells of a tag that was pushed.
 */
export function proxyRegistry(
    state: State,
    identity: Identity,
    incoming: IncomingMessage,
    response: ServerResponse,
): Promise<Pushed | undefined> {
    const { local } = state;
    if (identity.kind === "anonymous" || local.url === state.externalUrl) {
        incoming.resume();
        const status = identity.kind === "anonymous" ? 401 : 404;
        response.writeHead(status, status === 401 ? { "WWW-Authenticate": 'Basic realm="harbor"' } : {});
        response.end();
        return Promise.resolve(undefined);
    }
    const target = new URL(incoming.url ?? "/", local.url);
    const headers: Record<string, string | string[] | undefined> = { ...incoming.headers };
    delete headers.authorization;
    const { credential } = local;
    if (credential !== undefined && credential.key !== "")
        headers.authorization = `Basic ${Buffer.from(`${credential.key}:${credential.secret ?? ""}`).toString("base64")}`;
    const trust = {
        rejectUnauthorized: !local.insecure,
        // Node would take the name in the client's Host for the one to be verified. An address is none.
        servername: isIP(target.hostname) === 0 ? target.hostname : "",
        ...(local.caCertificate === "" ? {} : { ca: local.caCertificate }),
    };
    const send = target.protocol === "https:" ? secureRequest : plainRequest;
    return new Promise((resolve, reject) => {
        const method = incoming.method ?? "GET";
        const onward = send(target, { method, headers, ...trust }, (answer) => {
            response.writeHead(answer.statusCode ?? 502, answer.headers);
            answer.pipe(response);
            answer.on("end", () => {
                resolve(pushedTag(method, target.pathname, answer));
            });
        });
        onward.on("error", reject);
        incoming.pipe(onward);
    });
}

function pushedTag(method: string, path: string, answer: IncomingMessage): Pushed | undefined {
    const [, repository, tag] = /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(path) ?? [];
    const digest = answer.headers["docker-content-digest"];
    const made = method === "PUT" && answer.statusCode === 201;
    if (!made || repository === undefined || tag === undefined || typeof digest !== "string") return undefined;
    return tag.startsWith("sha256:") ? undefined : { repository, tag, image: { digest, size: 0, blobs: [] } };
}
