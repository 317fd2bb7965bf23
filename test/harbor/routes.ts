import { bind, type Fields } from "./bind.ts";
import type { Call, Operation } from "./call.ts";
import { executionOperations } from "./executions.ts";
import { paging, pathId } from "./listing.ts";
import type { Answer, Request } from "./message.ts";
import { demand, type Identity } from "./permissions.ts";
import { policyOperations } from "./policies.ts";
import { projectOperations } from "./projects.ts";
import { quotaOperations } from "./quotas.ts";
import { Refusal, unreadable } from "./refusal.ts";
import { registryOperations } from "./registries.ts";
import { robotOperations } from "./robots.ts";
import type { Runs } from "./runs.ts";
import type { State } from "./state.ts";
import { systemOperations } from "./system.ts";

const operations: readonly Operation[] = [
    ...systemOperations,
    ...registryOperations,
    ...policyOperations,
    ...executionOperations,
    ...projectOperations,
    ...quotaOperations,
    ...robotOperations,
];

const base = "/api/v2.0";

/** An operation that a path leads to, with the path's parameters. */
interface Match {
    readonly operation: Operation;
    readonly params: Readonly<Record<string, string>>;
}

/** Carries out a request in the order in which Harbor does: can it be read, who may, and then what it asks. */
export async function carryOut(state: State, runs: Runs, request: Request, identity: Identity): Promise<Answer> {
    const { operation, params } = find(request);
    const fields = read(request, operation, params);
    if (operation.permission !== undefined) demand(identity, operation.permission);
    else if (identity.kind === "anonymous" && operation.open !== true) throw new Refusal(401, "unauthorized");
    const call: Call = { state, runs, request, identity, params, fields };
    return operation.handle(call);
}

function find(request: Request): Match {
    const path = request.path.slice(base.length).replace(/\/$/, "");
    const matching = operations.flatMap((operation) => {
        const params = matchPath(operation.path, path);
        return params === undefined ? [] : [{ operation, params }];
    });
    // `/registries/ping` is not the registry with the id `ping`.
    const literal = matching.filter(({ operation }) => operation.path === path);
    const found = literal.length > 0 ? literal : matching;
    if (!request.path.startsWith(base) || found.length === 0)
        throw new Refusal(404, `path ${request.path} was not found`);
    const match = found.find(({ operation }) => operation.method === request.method);
    if (match !== undefined) return match;
    const others = found.map(({ operation }) => operation.method).join(",");
    throw new Refusal(405, `method ${request.method} is not allowed, but [${others}] are`);
}

function matchPath(template: string, path: string): Record<string, string> | undefined {
    const [wanted, given] = [template.split("/"), path.split("/")];
    if (wanted.length !== given.length) return undefined;
    const params: Record<string, string> = {};
    for (const [index, part] of wanted.entries()) {
        const text = given[index] ?? "";
        if (part.startsWith("{")) params[part.slice(1, -1)] = decodeURIComponent(text);
        else if (part !== text) return undefined;
    }
    return params;
}

function read(request: Request, operation: Operation, params: Readonly<Record<string, string>>): Fields {
    const accept = request.headers.accept ?? "*/*";
    if (!/\*\/\*|application\/json|text\/plain/.test(accept))
        throw unreadable("unsupported media type requested, only [application/json] are available");
    for (const name of operation.numbers ?? []) pathId(params[name] ?? "", name);
    if (operation.paged === true) paging(request.query);
    return operation.body === undefined ? {} : bind(request, operation.body);
}
