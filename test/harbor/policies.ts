import { bodies } from "./bodies.ts";
import { idOf, type Call, type Operation } from "./call.ts";
import { Cron } from "./cron.ts";
import { listing } from "./listing.ts";
import { created, done, ok, type Answer } from "./message.ts";
import { checkPolicy, checkPolicyWidths, policyOf, shownPolicy, type Policy } from "./policy.ts";
import { missing, Refusal } from "./refusal.ts";
import type { State } from "./state.ts";

/** Replication rules: made, read, replaced and deleted. */
export const policyOperations: readonly Operation[] = [
    { method: "GET", path: "/replication/policies", permission: "replication-policy:list", paged: true, handle: list },
    {
        method: "POST",
        path: "/replication/policies",
        permission: "replication-policy:create",
        body: bodies.policy,
        handle: create,
    },
    {
        method: "GET",
        path: "/replication/policies/{id}",
        numbers: ["id"],
        permission: "replication-policy:read",
        handle: (call) => ok(show(call.state)(policyAt(call.state, idOf(call)))),
    },
    {
        method: "PUT",
        path: "/replication/policies/{id}",
        numbers: ["id"],
        permission: "replication-policy:update",
        body: bodies.policy,
        handle: replace,
    },
    {
        method: "DELETE",
        path: "/replication/policies/{id}",
        numbers: ["id"],
        permission: "replication-policy:delete",
        handle: remove,
    },
];

/** A rule, or the refusal that there is none. */
export function policyAt(state: State, id: number): Policy {
    const policy = state.policies.get(id);
    if (policy === undefined) throw missing("replication policy", id);
    return policy;
}

function show(state: State): (policy: Policy) => object {
    return (policy) => shownPolicy(policy, (id) => state.registry(id));
}

function list({ state, request }: Call): Answer {
    const name = request.query.get("name");
    const near = (row: Policy): boolean => name === null || row.name.toLowerCase().includes(name.toLowerCase());
    return listing(request.path, request.query, {
        rows: state.policies.all().filter(near),
        columns: {
            id: (row) => row.id,
            name: (row) => row.name,
            description: (row) => row.description,
            src_registry_id: (row) => row.source,
            dest_registry_id: (row) => row.destination,
            dest_namespace: (row) => row.namespace,
            enabled: (row) => row.enabled,
            override: (row) => row.override,
            creation_time: (row) => row.created,
            update_time: (row) => row.updated,
        },
        order: "-creation_time",
        show: show(state),
    });
}

async function create({ state, runs, fields }: Call): Promise<Answer> {
    const now = state.clock.now();
    const wanted = policyOf(fields);
    checkPolicy(wanted);
    state.registry(wanted.source);
    state.registry(wanted.destination);
    await neverAnswers(wanted, now);
    const id = state.policies.nextId();
    const policy: Policy = { ...wanted, id, created: now, updated: now };
    store(state, policy);
    runs.schedule(policy, id);
    return created(`replication/policies/${String(id)}`);
}

async function replace(call: Call): Promise<Answer> {
    const { state, runs, fields } = call;
    const now = state.clock.now();
    const old = policyAt(state, idOf(call));
    const wanted = policyOf(fields);
    checkPolicy(wanted);
    state.registry(wanted.source);
    state.registry(wanted.destination);
    await neverAnswers(wanted, now);
    const policy: Policy = { ...wanted, id: old.id, created: old.created, updated: now };
    store(state, policy);
    runs.schedule(policy, policy.id);
    return done;
}

function store(state: State, policy: Policy): void {
    checkPolicyWidths(policy);
    if (state.policies.find((other) => other.name === policy.name && other.id !== policy.id) !== undefined)
        throw new Refusal(409, `replication policy ${policy.name} already exists`);
    state.policies.put(policy);
}

/** A schedule that is never due keeps Harbor's job service busy for ever, and the client without an answer. */
async function neverAnswers(policy: Omit<Policy, "id" | "created" | "updated">, now: number): Promise<void> {
    const { trigger, enabled } = policy;
    if (trigger?.type !== "scheduled" || !enabled || Cron.parse(trigger.cron)?.next(now) !== undefined) return;
    await new Promise<never>(() => undefined);
}

function remove(call: Call): Answer {
    const { state, runs } = call;
    const policy = policyAt(state, idOf(call));
    const executions = state.executions.all().filter((execution) => execution.policyId === policy.id);
    if (executions.some((execution) => execution.status === "InProgress"))
        throw new Refusal(412, "contains executions that aren't in final status, stop the execution first");
    for (const execution of executions) {
        for (const task of runs.tasks(execution.id)) state.tasks.delete(task.id);
        state.executions.delete(execution.id);
    }
    runs.schedule(undefined, policy.id);
    state.policies.delete(policy.id);
    return done;
}
