import { createRequire } from "node:module";

import type { JavaScriptValue, Struct as StructMessage } from "google-protobuf/google/protobuf/struct_pb.js";

/** Only these are loaded, not the whole SDK: the engine waits for the plugin at every run. */
const require = createRequire(import.meta.url);
const { Struct } = require("google-protobuf/google/protobuf/struct_pb.js") as { Struct: typeof StructMessage };

/** The properties of a resource, secrets unwrapped. A value that is not known yet is {@link unknown}. */
export type Properties = Record<string, unknown>;

/** Properties, and which of them are or hold secrets. */
export interface Decoded {
    readonly values: Properties;
    readonly secrets: ReadonlySet<string>;
}

/** Stands for a value that is known only once something else was made (sdk/go/common/resource/plugin, UnknownStringValue). */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** Reads properties off the wire. */
export function decode(struct: StructMessage | undefined): Decoded {
    const secrets = new Set<string>();
    const raw = (struct?.toJavaScript() ?? {}) as Properties;
    const values = Object.fromEntries(
        Object.entries(raw).map(([key, value]) => [
            key,
            reveal(value, () => {
                secrets.add(key);
            }),
        ]),
    );
    return { values, secrets };
}

/** Puts properties on the wire, with those marked that are secret. */
export function encode(values: Properties, secrets: ReadonlySet<string>): StructMessage {
    const given = Object.entries(values).filter(([, value]) => value !== undefined);
    const marked = given.map(([key, value]) => [
        key,
        secrets.has(key) ? { [signatureKey]: secretSignature, value } : value,
    ]);
    return Struct.fromJavaScript(Object.fromEntries(marked) as Record<string, JavaScriptValue>);
}

/** Of a state, what was given: all but the outputs. */
export function inputsOf(state: Properties, outputs: readonly string[] = []): Properties {
    return Object.fromEntries(Object.entries(state).filter(([key]) => !outputs.includes(key)));
}

/** Whether the value, or anything in it, is not known yet. */
export function isUnknown(value: unknown): boolean {
    if (value === unknown) return true;
    return typeof value === "object" && value !== null && Object.values(value).some(isUnknown);
}

function reveal(value: unknown, found: () => void): unknown {
    if (Array.isArray(value)) return value.map((item) => reveal(item, found));
    if (typeof value !== "object" || value === null) return value;
    const marked = value as Properties;
    if (marked[signatureKey] === secretSignature) {
        found();
        return reveal(marked.value, found);
    }
    if (marked[signatureKey] === outputSignature) {
        if (marked.secret === true) found();
        return "value" in marked ? reveal(marked.value, found) : unknown;
    }
    return Object.fromEntries(Object.entries(marked).map(([key, item]) => [key, reveal(item, found)]));
}
