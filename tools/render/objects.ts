import { isRecord } from "../../settings/record.ts";
import { Refusal } from "../ca/refusal.ts";
import { withPullSecrets } from "./pullSecrets.ts";
import type { Registered } from "./registrations.ts";

/** A Kubernetes object that a stack declares. */
export interface DeclaredObject {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: { readonly name: string; readonly namespace?: string };
    readonly [field: string]: unknown;
}

/** An object, and whether it is a part of one that is there already, which is applied onto it. */
export interface Declared {
    /** Logical name of the resource: several patches may be parts of one object. */
    readonly name: string;
    readonly object: DeclaredObject;
    readonly patch: boolean;
}

/** Stands for a secret. */
export const masked = "[secret]";

/** What others rest on comes first; every other kind after these, by name. */
const order = [
    ...["Namespace", "StorageClass", "PersistentVolume", "PersistentVolumeClaim", "ServiceAccount"],
    ...["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "ConfigMap", "Secret", "Service"],
];

/**
 * The objects among what was registered, in an order that is always the same. Secrets are masked, but for those of the
 * Secrets named in `shown` (`name` or `namespace/name`). Throws a `Refusal` for a name that no Secret has.
 */
export function declaredObjects(registered: readonly Registered[], shown: readonly string[] = []): Declared[] {
    const declared = withPullSecrets(registered).filter(isObject);
    const secrets = declared.map(objectOf).filter(({ kind }) => kind === "Secret");
    const missing = shown.filter((name) => !secrets.some((secret) => isNamed(secret, name)));
    if (missing.length > 0) {
        const known = secrets.map(pathOf).sort().join(", ") || "none";
        throw new Refusal(`--secrets: there is no Secret ${missing.join(", ")}`, `allowed are ${known}`);
    }
    return declared
        .map((one) => {
            const object = objectOf(one);
            const patch = one.type.endsWith("Patch");
            const open = shown.some((name) => isNamed(object, name));
            return { name: one.name, object: open ? object : withoutSecrets(one), patch };
        })
        .sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

/** What is no object of Kubernetes in the stack, or one that only its provider makes, by type. */
export function notShown(registered: readonly Registered[]): string[] {
    const all = withPullSecrets(registered);
    const outside = all.filter(({ type }) => !type.startsWith("kubernetes:") || type.includes(":helm.sh/"));
    const types = outside
        .filter(({ component, type }) => !component || type.includes(":helm.sh/"))
        .map(({ type }) => type);
    return [...new Set(types)].sort();
}

/** `namespace/name`, or `name` where there is no namespace. */
export function pathOf({ metadata }: DeclaredObject): string {
    return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}

function isObject({ type, inputs }: Registered): boolean {
    // What is only read, such as a namespace that is there already, has no inputs.
    return type.startsWith("kubernetes:") && "kind" in inputs && "metadata" in inputs;
}

function objectOf({ inputs }: Registered): DeclaredObject {
    return inputs as unknown as DeclaredObject;
}

function isNamed(object: DeclaredObject, name: string): boolean {
    return object.kind === "Secret" && (object.metadata.name === name || pathOf(object) === name);
}

function sortKey({ name, object, patch }: Declared): string {
    const place = order.indexOf(object.kind);
    const rank = (place === -1 ? order.length : place).toString().padStart(2, "0");
    return [patch ? "1" : "0", rank, object.kind, pathOf(object), object.apiVersion, name].join(" ");
}

/** The object with its secrets masked, such that it is still one that an API server takes. */
function withoutSecrets({ inputs, secrets }: Registered): DeclaredObject {
    const object = mask(inputs, "", secrets) as DeclaredObject;
    if (object.kind !== "Secret") return object;
    const { data, stringData, type } = object;
    const json = type === "kubernetes.io/dockerconfigjson" || type === "kubernetes.io/dockercfg";
    // Of these the API server reads the content.
    const text = json ? JSON.stringify({ [masked]: {} }) : masked;
    return {
        ...object,
        ...(data === undefined ? {} : { data: everyLeaf(data, Buffer.from(text).toString("base64")) }),
        ...(stringData === undefined ? {} : { stringData: everyLeaf(stringData, text) }),
    };
}

function mask(value: unknown, path: string, secrets: readonly string[]): unknown {
    if (secrets.includes(path)) return everyLeaf(value, masked);
    if (Array.isArray(value)) return value.map((item, index) => mask(item, `${path}[${index.toString()}]`, secrets));
    if (!isRecord(value)) return value;
    const entries = Object.entries(value).map(([key, item]) => [
        key,
        mask(item, path === "" ? key : `${path}.${key}`, secrets),
    ]);
    return Object.fromEntries(entries);
}

/** The value with `text` in the place of each that is no list and no map. */
function everyLeaf(value: unknown, text: string): unknown {
    if (Array.isArray(value)) return value.map((item) => everyLeaf(item, text));
    if (!isRecord(value)) return text;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, everyLeaf(item, text)]));
}
