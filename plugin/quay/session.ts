import { createHash } from "node:crypto";

import type { Properties } from "../properties.ts";
import { textsMissing, type Failure, type Session } from "../resource.ts";
import { Quay } from "./quay.ts";

/** Inputs of every resource that is in a Quay. */
export const connectionKeys = ["url", "caBundle", "username", "password"] as const;

/** One login serves all resources of a run. A failed one is not tried again, which would lock the user. */
const open = new WeakMap<AbortSignal, Map<string, Quay>>();

/** The Quay that inputs lead to, as the user that they name. */
export function quayOf(inputs: Properties, { signal }: Session): Quay {
    const [url, caBundle, username, password] = connectionKeys.map((key) => {
        const value = inputs[key];
        return typeof value === "string" && value !== "" ? value : undefined;
    });
    const all = open.get(signal) ?? new Map<string, Quay>();
    open.set(signal, all);
    const key = createHash("sha256")
        .update(JSON.stringify([url, caBundle, username, password]))
        .digest("hex");
    const known = all.get(key) ?? new Quay({ url: url ?? "", caBundle, username, password }, signal);
    all.set(key, known);
    return known;
}

/** What is wrong with the inputs of a resource in a Quay: each of `keys`, and how it is reached. */
export function missing(inputs: Properties, keys: readonly string[]): Failure[] {
    return textsMissing(inputs, ["url", "username", "password", ...keys]);
}

/** Of a resource's inputs, all as they are but these. */
export function withState(inputs: Properties, found: Properties): Properties {
    return { ...inputs, ...found };
}

/** One step of a path. */
export function step(value: unknown): string {
    return encodeURIComponent(String(value));
}
