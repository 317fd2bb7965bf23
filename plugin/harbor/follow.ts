import type { Harbor } from "./harbor.ts";
import { look, start, stop, underWay, wasSkipped, type Run } from "./runs.ts";

/** How a run is waited for. */
export interface Following {
    /** When it is given up, in milliseconds since 1970. */
    readonly until: number;
    /** How long a failure may still turn: Harbor tries a failed repository again, after up to two minutes. */
    readonly graceMs: number;
    /** Told how far it is, whenever that changes. */
    readonly say: (message: string) => void;
}

/** Runs a rule and returns the run once it is over, whichever way. One that met another run of the rule is started again. */
export async function runRule(harbor: Harbor, rule: string, following: Following): Promise<Run> {
    for (;;) {
        for (let other = await underWay(harbor, rule); other !== undefined; other = await underWay(harbor, rule)) {
            following.say(`waiting for run ${other.id.toString()} of the rule: ${progressOf(other)}`);
            if (Date.now() > following.until) {
                throw new Error(`run ${other.id.toString()} of the rule was under way before, and is not over in time`);
            }
            await harbor.pause(harbor.patience.poll[0]);
        }
        const run = await follow(harbor, await start(harbor, rule), following);
        if (!wasSkipped(run)) return run;
        if (Date.now() > following.until) throw new Error("other runs of the rule leave this one no time");
        await harbor.pause(harbor.patience.poll[0]);
    }
}

/** Waits until a run is over. At the limit, or when the person has had enough, it is stopped. */
async function follow(harbor: Harbor, id: string, { until, graceMs, say }: Following): Promise<Run> {
    const [shortest, longest] = harbor.patience.poll;
    let wait = shortest;
    let failedSince: number | undefined;
    let told = "";
    try {
        for (;;) {
            const run = await look(harbor, id);
            if (run === undefined) throw new Error(`Harbor has forgotten run ${id}: somebody removed its rule`);
            const progress = `run ${id}: ${progressOf(run)}`;
            if (progress !== told) say(progress);
            told = progress;
            failedSince = isFailing(run) ? (failedSince ?? Date.now()) : undefined;
            if (isOver(run, failedSince, graceMs)) return run;
            if (Date.now() > until)
                throw new Error(`run ${id} is not over in time and was stopped: ${progressOf(run)}`);
            await harbor.pause(Math.max(0, Math.min(wait, until - Date.now() + 1)));
            wait = Math.min(longest, wait * 1.3);
        }
    } catch (error) {
        await stop(harbor, id).catch(() => undefined);
        throw error;
    }
}

/** The counters are counted anew at each look; the status follows them up to half a minute later, in both directions. */
function isFailing({ status, total = 0, failed = 0, in_progress: working = 0 }: Run): boolean {
    return status === "Failed" && total > 0 && failed > 0 && working === 0;
}

function isOver(run: Run, failedSince: number | undefined, graceMs: number): boolean {
    const { status, total = 0, succeed = 0 } = run;
    if (status === "Succeed" || status === "Stopped") return true;
    if (status !== "Failed") return false;
    // Without tasks nothing is tried again, and with all of them done the status only has to follow.
    if (total === 0 || succeed === total) return true;
    return failedSince !== undefined && Date.now() - failedSince >= graceMs;
}

function progressOf({ total = 0, succeed = 0, failed = 0, stopped = 0 }: Run): string {
    if (total === 0) return "looking for what is to be copied";
    const bad = [failed > 0 ? `${failed.toString()} failed` : "", stopped > 0 ? `${stopped.toString()} stopped` : ""];
    return [`${succeed.toString()} of ${total.toString()} repositories copied`, ...bad.filter(Boolean)].join(", ");
}
