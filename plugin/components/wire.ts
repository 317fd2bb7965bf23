import { unknown } from "../properties.ts";

/** How the protocol marks what is no plain value (sdk/go/common/resource/sig). */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** A value as it came, without its marks. Only what lies below it may have marks still. */
export interface Unmarked {
    readonly value: unknown;
    readonly secret: boolean;
    readonly known: boolean;
}

/** Takes the marks off a value, and tells what they say. Null counts as not given. */
export function unmark(raw: unknown): Unmarked {
    if (raw === unknown) return { value: undefined, secret: false, known: false };
    const marked = raw as Record<string, unknown> | null;
    const signature = typeof marked === "object" && marked !== null ? marked[signatureKey] : undefined;
    if (marked === null || (signature !== secretSignature && signature !== outputSignature)) {
        return { value: raw ?? undefined, secret: false, known: true };
    }
    const inner = "value" in marked ? unmark(marked.value) : { value: undefined, secret: false, known: false };
    return { ...inner, secret: inner.secret || signature === secretSignature || marked.secret === true };
}
