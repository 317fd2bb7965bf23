import { unreadable } from "./refusal.ts";
import type { Request } from "./message.ts";

/** What Go expects of a field: a plain type, a list, another structure, or anything at all. */
export type Shape = "string" | "bool" | "int8" | "int32" | "int64" | "any" | readonly [Shape] | Structure;

/** A structure of Harbor's models, with the fields that it reads. Others are ignored without a word. */
export interface Structure {
    readonly type: string;
    readonly fields: Readonly<Record<string, Shape>>;
}

/** A body that a call takes: its name in messages, and what is in it. */
export interface Body {
    readonly name: string;
    readonly shape: Structure;
}

/** Fields of a body. */
export type Fields = Readonly<Record<string, unknown>>;

const limits = { int8: 2 ** 7, int32: 2 ** 31, int64: 2 ** 63 };

/** Reads the body of a request as Go's JSON decoder would, with the decoder's own words where it cannot. */
export function bind(request: Request, body: Body): Fields {
    const type = (request.headers["content-type"] ?? "application/octet-stream").split(";")[0]?.trim() ?? "";
    if (request.body === "") throw unreadable(`${body.name} in body is required`);
    if (type !== "application/json")
        throw unreadable(`unsupported media type "${type}", only [application/json] are allowed`);
    const value = parsed(request.body, body);
    const kind = kindOf(value);
    if (kind !== "object")
        throw mismatch(body, `cannot unmarshal ${kind} into Go value of type models.${body.shape.type}`);
    fit(value as Fields, body.shape, [], body);
    return withoutNulls(value) as Fields;
}

function parsed(text: string, body: Body): unknown {
    try {
        return JSON.parse(text);
    } catch (error) {
        const cut = error instanceof Error && /end of JSON|Unterminated/.test(error.message);
        throw unreadable(
            `parsing ${body.name} body from "" failed, because ${cut ? "unexpected EOF" : "invalid character"}`,
        );
    }
}

function mismatch(body: Body, why: string): Error {
    return unreadable(`parsing ${body.name} body from "" failed, because json: ${why}`);
}

function fit(value: Fields, shape: Structure, path: readonly string[], body: Body): void {
    for (const [key, wanted] of Object.entries(shape.fields))
        check(value[key], wanted, shape.type, [...path, key], body);
}

function check(value: unknown, wanted: Shape, type: string, path: readonly string[], body: Body): void {
    if (value === undefined || value === null || wanted === "any") return;
    const [kind, expected] = [kindOf(value), kindOfShape(wanted)];
    const field = `Go struct field ${type}.${path.join(".")} of type ${goType(wanted)}`;
    if (kind !== expected) throw mismatch(body, `cannot unmarshal ${kind} into ${field}`);
    if (typeof value === "number" && !inRange(value, wanted))
        throw mismatch(body, `cannot unmarshal number ${String(value)} into ${field}`);
    if (Array.isArray(value)) {
        for (const entry of value) check(entry, (wanted as readonly [Shape])[0], type, path, body);
    } else if (typeof wanted === "object" && "fields" in wanted) fit(value as Fields, wanted, path, body);
}

function inRange(value: number, wanted: Shape): boolean {
    const limit = typeof wanted === "string" && wanted in limits ? limits[wanted as keyof typeof limits] : Infinity;
    return Number.isInteger(value) && value >= -limit && value < limit;
}

function kindOf(value: unknown): string {
    if (value === null) return "null";
    if (Array.isArray(value)) return "array";
    return typeof value === "boolean" ? "bool" : typeof value;
}

function kindOfShape(shape: Shape): string {
    if (typeof shape !== "string") return Array.isArray(shape) ? "array" : "object";
    return shape.startsWith("int") ? "number" : shape;
}

function goType(shape: Shape): string {
    if (typeof shape === "string") return shape;
    return "fields" in shape ? `models.${shape.type}` : `[]${goType(shape[0])}`;
}

/** JSON's null is the same as nothing to Go. */
function withoutNulls(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(withoutNulls);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).filter(([, inner]) => inner !== null);
    return Object.fromEntries(entries.map(([key, inner]) => [key, withoutNulls(inner)]));
}

/** A text among fields; absent is undefined. */
export function text(fields: Fields, key: string): string | undefined {
    const value = fields[key];
    return typeof value === "string" ? value : undefined;
}

/** A yes or no among fields; absent is no. */
export function flag(fields: Fields, key: string): boolean {
    return fields[key] === true;
}

/** A number among fields; absent is undefined. */
export function number(fields: Fields, key: string): number | undefined {
    const value = fields[key];
    return typeof value === "number" ? value : undefined;
}

/** A structure among fields; absent is undefined. */
export function structure(fields: Fields, key: string): Fields | undefined {
    const value = fields[key];
    return typeof value === "object" && value !== null ? (value as Fields) : undefined;
}
