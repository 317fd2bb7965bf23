import { randomBytes } from "node:crypto";

import { sleep } from "./clock.ts";
import { Cron } from "./cron.ts";
import { judged, type Execution, type Task } from "./execution.ts";
import { destination, found, type Found } from "./listingOutside.ts";
import type { Pace } from "./options.ts";
import { fits } from "./pattern.ts";
import type { Policy } from "./policy.ts";
import type { State } from "./state.ts";
import { TaskLog } from "./taskLog.ts";
import { JobStopped, Transfer } from "./transfer.ts";

/** Quick, except for the waits between retries, which are the least that the real job service takes. */
const quick: Pace = { found: 50, work: () => 100, retries: [16_000, 31_000] };

/** What a run is about when it need not look: a repository with tags, copied or deleted. */
interface Given {
    readonly operation: Task["operation"];
    readonly found: readonly Found[];
}

/** What Harbor's core and its job service do between them with the rules. */
export class Runs {
    private readonly state: State;
    private readonly schedules = new Map<number, () => void>();
    private readonly counts = new Map<number, number>();
    private closed = false;

    constructor(state: State) {
        this.state = state;
        const { refreshMs = 30_000, refreshFrom = state.clock.now() + refreshMs } = state.options;
        this.beat(refreshFrom, refreshMs);
    }

    close(): void {
        this.closed = true;
        for (const cancel of this.schedules.values()) cancel();
    }

    /** Starts a run. It is there at once, and its tasks a little later. */
    start(policy: Policy, trigger: string, given?: Given): Execution {
        const { state } = this;
        const now = state.clock.now();
        const id = state.executions.nextId();
        const busy = state.executions.find((one) => one.policyId === policy.id && one.status === "InProgress");
        const execution: Execution = {
            id,
            policyId: policy.id,
            trigger,
            start: now,
            end: undefined,
            status: "InProgress",
            text: "",
        };
        state.executions.put(execution);
        if (policy.singleActive && busy !== undefined)
            this.end(execution, "Failed", "Execution skipped: active replication still in progress.");
        else void this.run(execution, policy, given);
        return execution;
    }

    /** Stops what runs. Jobs that failed and wait for their next run are not to be stopped. */
    stop(execution: Execution): void {
        const tasks = this.tasks(execution.id);
        const running = tasks.filter((task) => task.status === "InProgress");
        for (const task of running) {
            task.status = "Stopped";
            task.end = this.state.clock.now();
        }
        if (running.length > 0) this.judge(execution);
    }

    /** Plans the runs of a rule anew, or takes its plan back. */
    schedule(policy: Policy | undefined, id: number): void {
        this.schedules.get(id)?.();
        this.schedules.delete(id);
        if (policy?.trigger?.type !== "scheduled" || !policy.enabled) return;
        const next = Cron.parse(policy.trigger.cron)?.next(this.state.clock.now());
        if (next === undefined) return;
        const cancel = this.state.clock.at(next, () => {
            const current = this.state.policies.get(id);
            if (current === undefined || this.closed) return;
            if (!this.state.settings.read_only) this.start(current, "scheduled");
            this.schedule(current, id);
        });
        this.schedules.set(id, cancel);
    }

    /** Says that a tag was pushed into the Harbor itself. */
    pushed(repository: string, tag: string): void {
        for (const policy of this.listening(repository, tag))
            this.start(policy, "event_based", { operation: "copy", found: [{ repository, tags: [tag] }] });
    }

    /** Says that tags were deleted from the Harbor itself. */
    deleted(repository: string, tags: readonly string[]): void {
        for (const tag of tags)
            for (const policy of this.listening(repository, tag))
                if (policy.deletion)
                    this.start(policy, "event_based", { operation: "deletion", found: [{ repository, tags: [tag] }] });
    }

    /** The tasks of a run. */
    tasks(executionId: number): Task[] {
        return this.state.tasks.all().filter((task) => task.executionId === executionId);
    }

    /** Rules that events of a tag concern: those that push. */
    private listening(repository: string, tag: string): Policy[] {
        const matches = (policy: Policy): boolean =>
            policy.filters.every((filter) => {
                if (filter.type === "name") return fits(String(filter.value), repository);
                return filter.type !== "tag" || fits(String(filter.value), tag) !== (filter.decoration === "excludes");
            });
        return this.state.policies
            .all()
            .filter((policy) => policy.enabled && policy.destination !== 0)
            .filter((policy) => policy.trigger?.type === "event_based" && matches(policy));
    }

    /** What Harbor's core does in the background: it finds what to copy, and makes the tasks. */
    private async run(execution: Execution, policy: Policy, given: Given | undefined): Promise<void> {
        const { state } = this;
        const nth = this.counts.get(policy.id) ?? 0;
        this.counts.set(policy.id, nth + 1);
        const pace = state.options.pace?.(policy, nth) ?? quick;
        await sleep(state.clock, pace.found);
        // The registries were read when the run began; whoever deletes them now changes nothing.
        const [from, to] = [state.registry(policy.source), state.registry(policy.destination)];
        try {
            const all = given?.found ?? (await found(state.outside, from, policy.filters));
            const targets = all.map((one) => destination(one.repository, policy.namespace, policy.replaceCount));
            const wanted = all
                .map((one, index) => ({ ...one, target: targets[index] ?? "" }))
                .filter((one) => to.id !== 0 || this.takesIn(one.target));
            if (wanted.length === 0) this.end(execution, "Succeed", "no resources need to be replicated");
            for (const one of wanted) this.task(execution, policy, pace, one, given?.operation ?? "copy");
        } catch (error) {
            this.end(execution, "Failed", error instanceof Error ? error.message : String(error));
        }
    }

    private task(
        execution: Execution,
        policy: Policy,
        pace: Pace,
        one: Found & { readonly target: string },
        operation: Task["operation"],
    ): void {
        const { state } = this;
        const items = ` [${String(one.tags.length)} item(s) in total]`;
        const [from, to] = [state.registry(policy.source), state.registry(policy.destination)];
        const task: Task = {
            id: state.tasks.nextId(),
            executionId: execution.id,
            jobId: randomBytes(12).toString("hex"),
            operation,
            resourceType: from.type === "harbor" ? "artifact" : "image",
            source: `${one.repository}${items}`,
            target: `${one.target}${items}`,
            log: new TaskLog(state.clock),
            start: state.clock.now(),
            end: undefined,
            status: "InProgress",
        };
        state.tasks.put(task);
        const { override, speed } = policy;
        const transfer = new Transfer(state.outside, state.clock, {
            from,
            to,
            repository: one.repository,
            tags: one.tags,
            target: one.target,
            override,
            speed,
            blobMs: pace.blob ?? 0,
            log: task.log,
            stopped: () => task.status === "Stopped",
            placed: (tag, image) => {
                if (to.id === 0) state.content.put(one.target, tag, image, state.clock.now());
            },
        });
        const remove = async (): Promise<void> => {
            for (const tag of one.tags) await state.outside.remove(to, one.target, tag);
        };
        const copy = async (): Promise<void> => {
            await transfer.run();
            const rest = pace.report?.(one.repository) ?? 0;
            if (rest > 0) await sleep(state.clock, rest);
        };
        const work = operation === "copy" ? copy : remove;
        void this.job(task, operation === "copy" ? pace.work(one.repository) : 0, pace.retries, work);
    }

    /** What the job service does with a task: up to three runs, with waits between them that nobody can shorten. */
    private async job(task: Task, delay: number, retries: readonly number[], work: () => Promise<void>): Promise<void> {
        const { clock } = this.state;
        for (const wait of [delay, ...retries.slice(0, 2)]) {
            if (wait > 0) await sleep(clock, wait);
            if (isStopped(task)) return;
            if (task.end !== undefined)
                Object.assign(task, { status: "InProgress", start: clock.now(), end: undefined });
            let status: Task["status"] = "Succeed";
            try {
                await work();
            } catch (error) {
                status = error instanceof JobStopped ? "Stopped" : "Failed";
            }
            if (isStopped(task)) return;
            Object.assign(task, { status, end: clock.now() });
            if (status !== "Failed") return;
        }
    }

    /** Whether something may be copied into the Harbor under a name. Its project is made if there is none yet. */
    private takesIn(target: string): boolean {
        const { state } = this;
        const name = target.split("/")[0] ?? "";
        const project = state.projects.find((one) => one.name === name);
        if (project === undefined) {
            const id = state.projects.nextId();
            state.projects.put({ id, name, owner: 1, metadata: { public: "false" }, created: state.clock.now() });
        }
        // Into a proxy cache nothing is copied, and nothing is said about it.
        return project?.registryId === undefined;
    }

    private end(execution: Execution, status: Execution["status"], text: string): void {
        Object.assign(execution, { status, text, end: this.state.clock.now() });
    }

    /** Brings the state of a run up to its tasks. */
    private judge(execution: Execution): void {
        const tasks = this.tasks(execution.id);
        const status = judged(tasks);
        if (status === undefined) return;
        const ends = tasks.map((task) => Math.floor((task.end ?? 0) / 1000) * 1000);
        Object.assign(execution, { status, end: status === "InProgress" ? undefined : Math.max(...ends) });
    }

    /** Harbor looks after the states of its runs on a fixed beat only. */
    private beat(time: number, every: number): void {
        this.state.clock.at(time, () => {
            if (this.closed) return;
            for (const execution of this.state.executions.all()) this.judge(execution);
            this.beat(time + every, every);
        });
    }
}

/** Asked through a function, because somebody else may have stopped the task while this one waited. */
function isStopped(task: Task): boolean {
    return task.status === "Stopped";
}
