import { number } from "./bind.ts";
import { bodies } from "./bodies.ts";
import { idOf, type Call, type Operation } from "./call.ts";
import { isStatus, shownExecution, shownTask, type Execution } from "./execution.ts";
import { listing } from "./listing.ts";
import { created, ok, type Answer } from "./message.ts";
import { policyAt } from "./policies.ts";
import { missing, Refusal } from "./refusal.ts";

/** Runs of rules, their tasks, and what the tasks wrote down. */
export const executionOperations: readonly Operation[] = [
    { method: "GET", path: "/replication/executions", permission: "replication:list", paged: true, handle: list },
    {
        method: "POST",
        path: "/replication/executions",
        permission: "replication:create",
        body: bodies.execution,
        handle: start,
    },
    {
        method: "GET",
        path: "/replication/executions/{id}",
        numbers: ["id"],
        permission: "replication:read",
        handle: (call) => {
            const execution = executionAt(call);
            return ok(shownExecution(execution, call.runs.tasks(execution.id)));
        },
    },
    {
        method: "PUT",
        path: "/replication/executions/{id}",
        numbers: ["id"],
        // Who may start may stop.
        permission: "replication:create",
        handle: (call) => {
            call.runs.stop(executionAt(call));
            return ok(null);
        },
    },
    {
        method: "GET",
        path: "/replication/executions/{id}/tasks",
        numbers: ["id"],
        permission: "replication:list",
        paged: true,
        handle: tasks,
    },
    {
        method: "GET",
        path: "/replication/executions/{id}/tasks/{task_id}/log",
        numbers: ["id", "task_id"],
        permission: "replication:read",
        handle: log,
    },
];

function executionAt(call: Call): Execution {
    const id = idOf(call);
    const execution = call.state.executions.get(id);
    if (execution === undefined) throw missing("replication execution", id);
    return execution;
}

function start({ state, runs, fields }: Call): Answer {
    const policy = policyAt(state, number(fields, "policy_id") ?? 0);
    if (!policy.enabled) throw new Refusal(412, `the policy ${String(policy.id)} is disabled`);
    return created(`replication/executions/${String(runs.start(policy, "manual").id)}`);
}

function list({ state, runs, request }: Call): Answer {
    const { query } = request;
    const policy = query.get("policy_id");
    const trigger = query.get("trigger")?.toLowerCase();
    const wanted = state.executions
        .all()
        .filter((row) => policy === null || row.policyId === Number(policy))
        .filter((row) => trigger === undefined || row.trigger === trigger)
        .filter((row) => isStatus(row.status, query.get("status")));
    return listing(request.path, query, {
        rows: wanted,
        columns: {
            id: (row) => row.id,
            start_time: (row) => row.start,
            end_time: (row) => row.end,
            status: (row) => row.status,
            trigger: (row) => row.trigger,
        },
        order: "-id",
        noQuestion: true,
        show: (row) => shownExecution(row, runs.tasks(row.id)),
    });
}

function tasks(call: Call): Answer {
    const { runs, request } = call;
    const { query } = request;
    const type = query.get("resource_type");
    const wanted = runs
        .tasks(executionAt(call).id)
        .filter((row) => type === null || row.resourceType === type)
        .filter((row) => isStatus(row.status, query.get("status")));
    return listing(request.path, query, {
        rows: wanted,
        columns: { id: (row) => row.id, start_time: (row) => row.start, status: (row) => row.status },
        order: "-id",
        noQuestion: true,
        show: shownTask,
    });
}

function log(call: Call): Answer {
    const { state, request } = call;
    const execution = executionAt(call);
    const id = idOf(call, "task_id");
    const task = state.tasks.get(id);
    if (task?.executionId !== execution.id) throw missing("replication task", id);
    if (task.log.empty) throw missing("the log of task", task.jobId);
    const { text } = task.log;
    const asJson = request.headers.accept === "application/json";
    return {
        status: 200,
        text: asJson ? `${JSON.stringify(text)}\n` : text,
        headers: { "Content-Type": "text/plain" },
    };
}
