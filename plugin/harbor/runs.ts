import type { Harbor } from "./harbor.ts";
import { isHarbor } from "./harborError.ts";

/** A run of a rule, as Harbor shows it. */
export interface Run {
    readonly id: number;
    readonly policy_id: number;
    readonly status: string;
    readonly status_text?: string;
    readonly total?: number;
    readonly succeed?: number;
    readonly failed?: number;
    readonly in_progress?: number;
    readonly stopped?: number;
}

/** The work of a run on one repository. */
export interface Task {
    readonly id: number;
    readonly status: string;
    readonly operation?: string;
    readonly src_resource?: string;
    readonly dst_resource?: string;
}

/** One repository that a run did not copy. */
export interface FailedImage {
    /** Where it comes from, as Harbor names it. */
    readonly source: string;
    readonly destination: string;
    /** What its log says went wrong. */
    readonly reason: string;
}

const path = "/replication/executions";
/** Logs that are read of a run that failed. */
const longestList = 20;
/** What Harbor says of a run that met another one of its rule. */
const skipped = /active replication still in progress/i;

/** Starts a rule, once, and returns the number of the run. */
export async function start(harbor: Harbor, rule: string): Promise<string> {
    const last = Math.max(0, ...(await newest(harbor, rule)).map(({ id }) => id));
    return harbor.make(path, { policy_id: Number(rule) }, async () => {
        const begun = (await newest(harbor, rule)).find(({ id }) => id > last);
        return begun?.id.toString();
    });
}

/** The run as it is now; undefined when Harbor has forgotten it. */
export async function look(harbor: Harbor, id: string): Promise<Run | undefined> {
    return (await harbor.find(`${path}/${id}`)) as Run | undefined;
}

/** Whether a run did nothing because another one of its rule was under way. */
export function wasSkipped(run: Run): boolean {
    return skipped.test(run.status_text ?? "");
}

/** A run of the rule that is under way, if there is one. Harbor says so for half a minute too long. */
export async function underWay(harbor: Harbor, rule: string): Promise<Run | undefined> {
    const open = (await harbor.pages(`${path}?policy_id=${rule}&status=InProgress`)) as unknown as Run[];
    return open.find(({ total = 0, in_progress: working = 0 }) => working > 0 || total === 0);
}

/** Stops whatever of a rule is under way. */
export async function stopRuns(harbor: Harbor, rule: string): Promise<void> {
    const open = (await harbor.pages(`${path}?policy_id=${rule}&status=InProgress`)) as unknown as Run[];
    for (const { id } of open) await stop(harbor, id.toString());
}

/** Asks a run to stop. Whether it did shows only in the run. It is asked even when everything is to end. */
export async function stop(harbor: Harbor, id: string): Promise<void> {
    try {
        await harbor.send("PUT", `${path}/${id}`, undefined, { stopping: true });
    } catch (error) {
        // The answer tells of the last task alone, and a run that is gone need not stop.
        if (!isHarbor(error, 404, 500)) throw error;
    }
}

export async function tasksOf(harbor: Harbor, id: string, status: string): Promise<Task[]> {
    return (await harbor.pages(`${path}/${id}/tasks?status=${status}`)) as unknown as Task[];
}

/** What was not copied, with the reason of each from its log. */
export async function failedImages(harbor: Harbor, id: string): Promise<FailedImage[]> {
    const tasks = await tasksOf(harbor, id, "Failed");
    return Promise.all(
        tasks.map(async ({ id: task, src_resource: source = "?", dst_resource: destination = "?" }, index) => {
            const reason = index < longestList ? await reasonOf(harbor, id, task.toString()) : "its log was not read";
            return { source, destination, reason };
        }),
    );
}

async function reasonOf(harbor: Harbor, id: string, task: string): Promise<string> {
    try {
        const { text } = await harbor.send("GET", `${path}/${id}/tasks/${task}/log`, undefined, {
            headers: { accept: "text/plain" },
        });
        return reasonInLog(text);
    } catch (error) {
        if (isHarbor(error, 404)) return "Harbor has no log of it";
        throw error;
    }
}

/** The first error of the last try: what follows it only says that it happened. A URL's query may hold a token. */
export function reasonInLog(log: string): string {
    const lines = log.split("\n");
    const begin = lines.map((line) => /client for source registry/.test(line)).lastIndexOf(true);
    const tried = lines.slice(Math.max(0, begin));
    const error = tried.find((line) => line.includes("[ERROR]")) ?? tried.filter((line) => line.trim() !== "").at(-1);
    const told = error?.replace(/^\S+ \[[A-Z]+\] (\[[^\]]*\]: ?)?/, "").trim() ?? "its log is empty";
    return told.replace(/(https?:\/\/[^\s"?]+)\?[^\s"]*/g, "$1").slice(0, 500);
}

async function newest(harbor: Harbor, rule: string): Promise<Run[]> {
    return ((await harbor.find(`${path}?policy_id=${rule}&page_size=10&sort=-id`)) ?? []) as Run[];
}
