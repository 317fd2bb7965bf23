import { z } from "zod";

import { schema } from "../../settings/schema.ts";

/** The part of a JSON schema that values can be made from. */
export interface SchemaNode {
    type?: string;
    enum?: unknown[];
    const?: unknown;
    pattern?: string;
    minLength?: number;
    maxLength?: number;
    minimum?: number;
    maximum?: number;
    exclusiveMinimum?: number;
    exclusiveMaximum?: number;
    minItems?: number;
    maxItems?: number;
    default?: unknown;
    required?: string[];
    properties?: Record<string, SchemaNode>;
    additionalProperties?: boolean | SchemaNode;
    items?: SchemaNode;
    anyOf?: SchemaNode[];
    allOf?: SchemaNode[];
}

/** A stack's configuration: sections and scalars by key, without the project's prefix. */
export type Values = Record<string, unknown>;

/** The whole schema as the walk below sees it. */
export const root: SchemaNode = z.toJSONSchema(schema, { io: "input" }) as SchemaNode;

/** The value as an object to look into; an empty one where it is none. */
export function recordOf(value: unknown): Values {
    return typeof value === "object" && value !== null ? (value as Values) : {};
}
