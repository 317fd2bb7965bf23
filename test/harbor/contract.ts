import { readFileSync } from "node:fs";

import { upgrade } from "@scalar/openapi-upgrader";
import { OpenAPIBackend, type Document, type Operation, type Request as Asked } from "openapi-backend";
import { parse } from "yaml";

import { contract } from "../support/contracts.ts";
import { bodyOf, type Answer, type Request } from "./message.ts";

/** Something that Harbor's OpenAPI document does not allow. */
export interface Problem {
    /** Whose fault: the client's, or the stand-in's. */
    readonly side: "request" | "answer";
    readonly operation: string;
    readonly text: string;
}

/**
 * What Harbor answers although its document says nothing of it, measured: any request may be unreadable or come too early, and these
 * operations have states that the document forgot.
 */
const undocumented: Readonly<Record<string, readonly number[]>> = {
    createReplicationPolicy: [404],
    updateReplicationPolicy: [400, 404],
    getReplicationPolicy: [404],
    startReplication: [404, 412],
    deleteRegistry: [412],
    updateRegistry: [400],
    pingRegistry: [400, 403],
    createProject: [403],
    getProject: [403, 404],
    deleteProject: [403],
    getCurrentUserInfo: [412],
    CreateRobot: [409],
};
const anywhere = [400, 401, 403, 404, 405, 422, 429, 500];

/** Harbor's OpenAPI document, which requests and answers are compared with. */
export class Contract {
    private readonly api: OpenAPIBackend;

    private constructor(api: OpenAPIBackend) {
        this.api = api;
    }

    /** Reads the document. It is Swagger 2.0, which is brought to the form that the validator knows. */
    static async read(): Promise<Contract> {
        const text = readFileSync(contract("harbor-api-2.15.2.yaml"), "utf8");
        const document = upgrade(parse(text) as Record<string, unknown>, "3.1");
        allowNulls(document);
        const api = new OpenAPIBackend({
            definition: document as unknown as Document,
            quick: true,
            validate: true,
            apiRoot: "/api/v2.0",
            ajvOpts: { strict: false, formats },
        });
        await api.init();
        return new Contract(api);
    }

    /** What is wrong with a request. */
    request(request: Request): Problem[] {
        const operation = this.operation(request);
        if (operation === undefined) return [];
        return problems("request", operation, () => this.api.validateRequest(this.asked(request), operation));
    }

    /** What is wrong with an answer. */
    answer(request: Request, answer: Answer): Problem[] {
        const operation = this.operation(request);
        if (operation === undefined) return [];
        const id = operation.operationId ?? "";
        const allowed = [
            ...Object.keys(operation.responses ?? {}).map(Number),
            ...(undocumented[id] ?? []),
            ...anywhere,
        ];
        if (!allowed.includes(answer.status))
            return [{ side: "answer", operation: id, text: `status ${String(answer.status)} is not in the document` }];
        if (answer.json === undefined || answer.status >= 400) return [];
        // What is compared is what the client reads.
        const body: unknown = JSON.parse(bodyOf(answer));
        return problems("answer", operation, () => this.api.validateResponse(body, operation, answer.status));
    }

    private operation(request: Request): Operation | undefined {
        return this.api.matchOperation(this.asked(request));
    }

    private asked(request: Request): Asked {
        const headers = Object.entries(request.headers).map(([key, value]) => [key, String(value)]);
        return {
            method: request.method,
            path: request.path.replace(/\/$/, ""),
            query: request.query.toString(),
            headers: Object.fromEntries(headers) as Record<string, string>,
            body: request.body === "" ? undefined : parsed(request.body),
        };
    }
}

/** Texts that the formats of the document stand for. Those of numbers are checked where bodies are read. */
const formats = {
    "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
    int: true,
    int8: true,
    int32: true,
    int64: true,
    float: true,
    double: true,
    byte: true,
    binary: true,
    uuid: true,
    email: true,
    uri: true,
} as const;

function parsed(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return text;
    }
}

function problems(
    side: Problem["side"],
    operation: Operation,
    check: () => { errors?: { instancePath?: string; message?: string }[] | null },
): Problem[] {
    const errors = check().errors ?? [];
    return errors.map((error) => ({
        side,
        operation: operation.operationId ?? "",
        text: `${error.instancePath ?? ""} ${error.message ?? ""}`,
    }));
}

function isObjectOnly(schema: unknown): boolean {
    return typeof schema === "object" && schema !== null && JSON.stringify(schema) === '{"type":"object"}';
}

/** Go writes an empty list as null, and so do the fields that the document marks as such. Neither is in the document's types. */
function allowNulls(node: unknown): void {
    if (Array.isArray(node)) node.forEach(allowNulls);
    if (typeof node !== "object" || node === null || Array.isArray(node)) return;
    const schema = node as Record<string, unknown>;
    // The document says that every attribute of an image is an object; Harbor gives texts.
    if (isObjectOnly(schema.additionalProperties)) schema.additionalProperties = true;
    const nullable = schema["x-isnullable"] === true || schema["x-nullable"] === true;
    if (typeof schema.type === "string" && (nullable || schema.type === "array")) schema.type = [schema.type, "null"];
    Object.values(schema).forEach(allowNulls);
}
