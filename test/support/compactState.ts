import { isRecord } from "../../settings/record.ts";

/** A state with each long text once: in its place elsewhere stands `{"@text": n}`. */
interface CompactState {
    readonly texts: string[];
    readonly state: unknown;
}

/** What no later update looks at: where in the program a resource stood, and who wrote which field when. */
const noise = ["managedFields", "sourcePosition", "stackTrace", "created", "modified"];
const longText = 200;

/** What `pulumi stack export` said, as JSON with a resource a line. */
export function compact(state: unknown): string {
    const texts = new Map<string, number>();
    const shrunk = shrink(state, texts) as { deployment: { resources: unknown[] } };
    const { resources } = shrunk.deployment;
    const head = { ...shrunk, deployment: { ...shrunk.deployment, resources: [] } };
    const lines = (values: readonly unknown[]) => `[\n${values.map((one) => JSON.stringify(one)).join(",\n")}\n]`;
    return JSON.stringify({ texts: [], state: head }, undefined, 1)
        .replace(/"texts": \[\]/, () => `"texts": ${lines([...texts.keys()])}`)
        .replace(/"resources": \[\]/, () => `"resources": ${lines(resources)}`)
        .concat("\n");
}

/** The state that {@link compact} wrote, but for its noise. */
export function expanded(text: string): unknown {
    const { texts, state } = JSON.parse(text) as CompactState;
    return grow(state, texts);
}

function shrink(value: unknown, texts: Map<string, number>): unknown {
    if (typeof value === "string" && value.length > longText) {
        const index = texts.get(value) ?? texts.size;
        texts.set(value, index);
        return { "@text": index };
    }
    if (Array.isArray(value)) return value.map((one) => shrink(one, texts));
    if (!isRecord(value)) return value;
    const entries = Object.entries(value)
        .filter(([key]) => !noise.includes(key))
        .map(([key, one]) => [key, shrink(one, texts)] as const);
    const made = Object.fromEntries(entries);
    const { inputs, outputs } = made;
    // Kubernetes' objects keep their inputs a second time.
    if (isRecord(outputs) && JSON.stringify(outputs.__inputs) === JSON.stringify(inputs) && inputs !== undefined)
        return { ...made, outputs: { ...outputs, __inputs: "@inputs" } };
    return made;
}

function grow(value: unknown, texts: readonly string[]): unknown {
    if (Array.isArray(value)) return value.map((one) => grow(one, texts));
    if (!isRecord(value)) return value;
    const index = value["@text"];
    if (typeof index === "number") return texts[index];
    const made = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, grow(one, texts)]));
    const { outputs } = made;
    if (isRecord(outputs) && outputs.__inputs === "@inputs")
        return { ...made, outputs: { ...outputs, __inputs: made.inputs } };
    return made;
}
