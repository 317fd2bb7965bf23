import { timestamp, wholeSeconds } from "./clock.ts";
import type { Row } from "./table.ts";
import type { TaskLog } from "./taskLog.ts";

/** Where a run or one of its tasks stands. */
export type Status = "InProgress" | "Succeed" | "Failed" | "Stopped";

/** One run of a rule. */
export interface Execution extends Row {
    readonly policyId: number;
    readonly trigger: string;
    readonly start: number;
    end: number | undefined;
    status: Status;
    text: string;
}

/** One repository of a run. */
export interface Task extends Row {
    readonly executionId: number;
    readonly jobId: string;
    readonly operation: "copy" | "deletion";
    readonly resourceType: string;
    readonly source: string;
    readonly target: string;
    readonly log: TaskLog;
    start: number;
    end: number | undefined;
    status: Status;
}

/** What Harbor's database calls the states: filters take these names as well. */
const inDatabase: Readonly<Record<Status, string>> = {
    InProgress: "Running",
    Succeed: "Success",
    Failed: "Error",
    Stopped: "Stopped",
};

/** Whether a filter means this state. */
export function isStatus(status: Status, wanted: string | null): boolean {
    return wanted === null || wanted === "" || wanted === status || wanted === inDatabase[status];
}

/** The state that the tasks of a run make of it; nothing while there is none. */
export function judged(tasks: readonly Task[]): Status | undefined {
    const has = (status: Status): boolean => tasks.some((task) => task.status === status);
    if (tasks.length === 0) return undefined;
    if (has("InProgress")) return "InProgress";
    if (has("Failed")) return "Failed";
    return has("Stopped") ? "Stopped" : "Succeed";
}

/** A run as Harbor answers it. The counters are of this moment, whatever its state says. */
export function shownExecution(execution: Execution, tasks: readonly Task[]): object {
    const count = (status: Status): number => tasks.filter((task) => task.status === status).length;
    return {
        id: execution.id,
        policy_id: execution.policyId,
        status: execution.status,
        status_text: execution.text,
        trigger: execution.trigger,
        start_time: timestamp(execution.start),
        end_time: timestamp(execution.end),
        total: tasks.length,
        in_progress: count("InProgress"),
        succeed: count("Succeed"),
        failed: count("Failed"),
        stopped: count("Stopped"),
    };
}

/** A task as Harbor answers it. */
export function shownTask(task: Task): object {
    return {
        id: task.id,
        execution_id: task.executionId,
        job_id: task.jobId,
        operation: task.operation,
        resource_type: task.resourceType,
        src_resource: task.source,
        dst_resource: task.target,
        status: task.status,
        start_time: wholeSeconds(task.start),
        end_time: wholeSeconds(task.end),
    };
}
