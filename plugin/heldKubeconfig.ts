import type { RequestOptions } from "node:https";

import { load } from "js-yaml";

/** What a kubeconfig itself says of a cluster and of who asks. */
interface Held {
    /** URL of the API server. */
    server: string;
    options: RequestOptions;
}

/** Entries that say all there is to say by themselves: no file beside them, no program, no proxy, no other identity. */
const clusterKeys = ["server", "certificate-authority-data", "tls-server-name"];
const userKeys = ["client-certificate-data", "client-key-data", "token"];

/**
 * How to reach the current context's cluster, where the kubeconfig's text alone tells it, as that of most clusters does: then
 * nobody waits for the client library, which takes half a second to load. Undefined for every other, whatever it is.
 */
export function heldIn(text: string): Held | undefined {
    let config: unknown;
    try {
        config = load(text);
    } catch {
        return undefined; // the library says what is wrong with it
    }
    const context = entryOf(config, "contexts", textAt(config, "current-context"));
    const cluster = entryOf(config, "clusters", textAt(context, "cluster"));
    const user = entryOf(config, "users", textAt(context, "user"));
    const server = textAt(cluster, "server");
    if (server === undefined || !URL.canParse(server)) return undefined;
    if (!hasTextsAlone(cluster, clusterKeys) || !hasTextsAlone(user, userKeys)) return undefined;
    const token = textAt(user, "token");
    const given = {
        ca: decoded(textAt(cluster, "certificate-authority-data")),
        cert: decoded(textAt(user, "client-certificate-data")),
        key: decoded(textAt(user, "client-key-data")),
        servername: textAt(cluster, "tls-server-name"),
        headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
    };
    const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    return { server, options };
}

/** What stands below the key `cluster`, `context` or `user` of the one entry that has the name. */
function entryOf(config: unknown, list: "clusters" | "contexts" | "users", name: string | undefined): unknown {
    const entries = fieldOf(config, list);
    if (name === undefined || !Array.isArray(entries)) return undefined;
    const [entry, another] = entries.filter((one) => textAt(one, "name") === name) as unknown[];
    return another === undefined ? fieldOf(entry, list.slice(0, -1)) : undefined;
}

function fieldOf(value: unknown, key: string): unknown {
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function textAt(value: unknown, key: string): string | undefined {
    const field = fieldOf(value, key);
    return typeof field === "string" ? field : undefined;
}

function hasTextsAlone(value: unknown, keys: readonly string[]): boolean {
    if (typeof value !== "object" || value === null) return false;
    return Object.entries(value).every(([key, one]) => keys.includes(key) && typeof one === "string" && one !== "");
}

function decoded(base64: string | undefined): Buffer | undefined {
    return base64 === undefined ? undefined : Buffer.from(base64, "base64");
}
