import { isRecord } from "../settings/record.ts";

/** The value at a path, or undefined where there is none. */
export function at(value: unknown, ...path: string[]): unknown {
    return path.reduce<unknown>((above, key) => (isRecord(above) ? above[key] : undefined), value);
}

/** The maps in a list; none where there is no list. */
export function records(value: unknown): Record<string, unknown>[] {
    return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** Every text in a value, with the path to it. */
export function texts(value: unknown, path = ""): { path: string; text: string }[] {
    if (typeof value === "string") return [{ path, text: value }];
    if (Array.isArray(value)) return value.flatMap((item, index) => texts(item, `${path}[${index.toString()}]`));
    if (!isRecord(value)) return [];
    return Object.entries(value).flatMap(([key, item]) => texts(item, path === "" ? key : `${path}.${key}`));
}

/** Name of a Kubernetes object, with its namespace. */
export function objectName(props: Record<string, unknown>): string {
    const [namespace, name] = [at(props, "metadata", "namespace"), at(props, "metadata", "name")];
    return [namespace, name].filter((part) => typeof part === "string").join("/");
}

/** The names that an exception may have: logical, of the object, of the object with its namespace, of its namespace. */
export function namesOf({ name, props }: { name: string; props: Record<string, unknown> }): string[] {
    const own = [at(props, "metadata", "name"), at(props, "metadata", "namespace")];
    return [name, objectName(props), ...own.filter((one) => typeof one === "string")];
}
