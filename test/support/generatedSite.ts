import * as pulumi from "@pulumi/pulumi";

import { readSettings } from "../../settings.ts";
import { secretKeys } from "../../settings/schema.ts";
import { buildSite } from "../../site.ts";
import { configure } from "./configuration.ts";
import { exampleCa } from "./exampleCa.ts";
import { underMocks, type Registered } from "./mocks.ts";
import { mended, recordOf, root, type SchemaNode, type Values } from "./settingsArbitrary.ts";

/** What cert-manager would have put into its Secret. */
const certificate = Buffer.from(exampleCa).toString("base64");
const issued = { "registry-issued": { data: { "tls.crt": certificate, "ca.crt": certificate } } };

/** What became of a configuration: the lines of the refusal, or everything the program registers. */
export type Outcome = { refused: string[] } | { refused: undefined; registered: Registered[] };

/** Reads a configuration and, where it is accepted, runs the whole program on it under mocks. */
export async function renderSite(values: Values): Promise<Outcome> {
    configure(values, [...secretKeys]);
    const refused = refusal();
    if (refused !== undefined) return { refused };
    return { refused, registered: await withoutStacks(() => underMocks(() => buildSite(readSettings(), []), issued)) };
}

/** The least that makes a whole site. */
const least: Values = { registry: { host: "registry.example.org" }, nodeTrust: {} };

/** A configuration that is accepted, made from one that may not be by taking out what the refusals name. */
export function acceptable(values: Values): Values | undefined {
    let tried = values;
    for (let tries = 0; tries < 8; tries += 1) {
        configure(tried, [...secretKeys]);
        const refused = refusal();
        if (refused === undefined) return tried;
        // A refusal that stays although its key is gone wants another section to be there.
        tried = { ...(tries === 3 ? least : {}), ...mended(tried, refused, least, tries) };
    }
    return undefined;
}

function refusal(): string[] | undefined {
    try {
        readSettings();
        return undefined;
    } catch (error) {
        // Anything but a refusal in words is a mistake of the program.
        if (!pulumi.RunError.isInstance(error)) throw error;
        return error.message.split("\n  ").slice(1);
    }
}

/** The SDK takes a stack trace for every promise and resource: more than half of the time of a render. */
async function withoutStacks<T>(action: () => Promise<T>): Promise<T> {
    const { stackTraceLimit } = Error;
    const before: unknown = Reflect.get(Error, "prepareStackTrace");
    Object.assign(Error, { stackTraceLimit: 0, prepareStackTrace: String });
    try {
        return await action();
    } finally {
        Object.assign(Error, { stackTraceLimit, prepareStackTrace: before });
    }
}

/** What is wrong with a refusal itself: a line without a key that the person knows, or with a password in it. */
export function refusalMistakes(lines: readonly string[], values: Values): string[] {
    const mistakes = lines.length === 0 ? ["nothing is named"] : [];
    for (const line of lines) {
        const key = /^([^\s:]+): \S/.exec(line)?.[1];
        if (key === undefined || !isKnown(key.split("."), root, values)) mistakes.push(`no setting is named: ${line}`);
    }
    const secrets = Object.values(recordOf(values.passwords)).filter(
        (one) => typeof one === "string" && one.length > 8,
    );
    for (const secret of secrets)
        if (lines.some((line) => line.includes(secret as string))) mistakes.push("a password is shown");
    return mistakes;
}

/** Whether a path leads to a setting of the schema, or to something that was given. */
function isKnown(path: readonly string[], node: SchemaNode | undefined, value: unknown): boolean {
    const [step, ...rest] = path;
    if (step === undefined) return true;
    if (node === root && (secretKeys as readonly string[]).includes(step)) return true;
    // A name with a dot in it was split; the whole of it may have been given.
    if (typeof value === "object" && value !== null && path.join(".") in value) return true;
    const below =
        node?.properties?.[step] ??
        (/^\d+$/.test(step) ? node?.items : undefined) ??
        (typeof node?.additionalProperties === "object" ? node.additionalProperties : undefined);
    const given = typeof value === "object" && value !== null ? (value as Values)[step] : undefined;
    if (below === undefined && given === undefined) return false;
    return isKnown(rest, below, given);
}

/** A Kubernetes object. */
export interface KubernetesObject {
    apiVersion: string;
    kind: string;
    metadata: { name: string; namespace?: string; labels?: Values; annotations?: Values };
    [field: string]: unknown;
}

/** The Kubernetes objects among what was registered. */
export function objectsOf(registered: readonly Registered[]): KubernetesObject[] {
    return (
        registered
            .filter((one) => one.type.startsWith("kubernetes:"))
            .filter((one) => !/Patch$|List$|:(ConfigFile|ConfigGroup)$/.test(one.type))
            // What is only read, such as a namespace that is there already, has no inputs.
            .filter((one) => "metadata" in one.inputs)
            .map((one) => one.inputs as unknown as KubernetesObject)
    );
}

/** What no object may hold, whatever the settings are. Cheap, so that it is asked of every render. */
export function objectMistakes(objects: readonly KubernetesObject[]): string[] {
    const mistakes: string[] = [];
    const seen = new Set<string>();
    for (const object of objects) {
        const { name, namespace = "" } = object.metadata;
        const id = `${object.kind} ${namespace}/${name}`;
        if (seen.has(id)) mistakes.push(`${id} is made twice`);
        seen.add(id);
        // A program may speak of these.
        const text = JSON.stringify(object, (key, value: unknown) => (key.endsWith(".ts") ? "" : value));
        for (const sign of ["[object Object]", "Output<T>", "undefined", "NaN"])
            if (text.includes(sign)) mistakes.push(`${id} holds ${sign}`);
        // The mocks' secrets say what they are.
        if (object.kind !== "Secret" && /password of |key of /.test(text)) mistakes.push(`${id} shows a secret`);
        if (!/^[a-z0-9]([-a-z0-9.:]{0,251}[a-z0-9])?$/.test(name)) mistakes.push(`${id}: not a name`);
        for (const [key, value] of Object.entries(object.metadata.labels ?? {})) {
            if (typeof value !== "string" || !/^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/.test(value))
                mistakes.push(`${id}: label ${key} is ${JSON.stringify(value)}`);
        }
        for (const key of [object.data, object.stringData].flatMap((data) => Object.keys(recordOf(data)))) {
            if (!/^[-\w.]{1,253}$/.test(key)) mistakes.push(`${id}: no key of data is ${key}`);
        }
    }
    return mistakes;
}
