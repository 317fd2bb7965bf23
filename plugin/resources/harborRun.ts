import { compareDigests, type Compared } from "../harbor/digests.ts";
import { runRule } from "../harbor/follow.ts";
import type { Filter } from "../harbor/filters.ts";
import type { Harbor } from "../harbor/harbor.ts";
import { isHarbor } from "../harbor/harborError.ts";
import { harborOf } from "../harbor/named.ts";
import { failedImages, start, tasksOf, wasSkipped, type Run, type Task } from "../harbor/runs.ts";
import type { Connection } from "../registry/transport.ts";
import { isUnknown, type Properties } from "../properties.ts";
import { textsMissing, type Failure, type Resource, type Session } from "../resource.ts";

/** What a run is asked for. */
interface Wanted {
    rule: string;
    /** `onChange`: when a trigger changes. `always`: at every `up`. */
    when: string;
    triggers: string[];
    wait: boolean;
    timeoutSeconds: number;
    retryGraceSeconds: number;
    /** Whether a run that finds nothing to copy is a failure. */
    requireImages: boolean;
    /** Says when `always` ran. */
    at?: string;
    mode?: string;
    filters?: Filter[];
    /** How the endpoint is reached from here, to compare digests with. Undefined leaves them alone. */
    remote?: Connection;
}

const defaults = {
    when: "onChange",
    triggers: [],
    wait: true,
    timeoutSeconds: 3600,
    retryGraceSeconds: 130,
    requireImages: true,
};
const outputs = ["run", "status", "total", "repositories", "compared"];

/** One run of a rule, and another one whenever it is asked for. Harbor keeps the record; removing this removes nothing. */
export const harborRun: Resource = {
    type: "siteregistry:index:HarborRun",
    secrets: ["remote"],
    identity: ["rule"],
    outputs,
    quiet: ["wait", "timeoutSeconds", "retryGraceSeconds", "requireImages", "mode", "filters", "remote"],

    check(given) {
        const inputs: Properties = { ...defaults, ...given };
        const failures: Failure[] = textsMissing(inputs, ["rule"]);
        const { when, timeoutSeconds, retryGraceSeconds } = inputs;
        if (!isUnknown(when) && when !== "onChange" && when !== "always") {
            failures.push({ property: "when", reason: "allowed are onChange, always" });
        }
        for (const [property, value] of Object.entries({ timeoutSeconds, retryGraceSeconds })) {
            if (!isUnknown(value) && !(typeof value === "number" && value >= 0)) {
                failures.push({ property, reason: "must be a number of seconds" });
            }
        }
        if (when === "always") inputs.at = new Date().toISOString();
        return Promise.resolve({ inputs, failures });
    },

    async create(inputs, session) {
        const state = await execute(inputs, session);
        return { id: `${String(inputs.rule)}/${String(state.run)}`, state };
    },

    read: (_, state) => Promise.resolve(Object.keys(state).length === 0 ? undefined : state),

    update: (_, inputs, session) => execute(inputs, session),

    delete: () => Promise.resolve(),
};

async function execute(inputs: Properties, session: Session): Promise<Properties> {
    const harbor = harborOf(session);
    const wanted = inputs as unknown as Wanted;
    try {
        if (!wanted.wait) {
            const run = await start(harbor, wanted.rule);
            return { ...inputs, run, status: "InProgress", total: 0, repositories: [], compared: [] };
        }
        const run = await runRule(harbor, wanted.rule, {
            until: Date.now() + wanted.timeoutSeconds * 1000,
            graceMs: wanted.retryGraceSeconds * 1000,
            say: session.say,
        });
        return { ...inputs, ...(await judged(harbor, run, wanted, session)) };
    } catch (error) {
        if (!isHarbor(error, 412)) throw error;
        throw new Error(`${error.message}: enable the rule, or let it have no run`, { cause: error });
    }
}

/** What a run came to. Throws unless everything is where it shall be. */
async function judged(harbor: Harbor, run: Run, wanted: Wanted, session: Session): Promise<Properties> {
    const id = run.id.toString();
    const { status, status_text: told = "", total = 0, succeed = 0, failed = 0 } = run;
    if (status === "Stopped")
        throw new Error(`run ${id} was stopped by somebody else, after ${succeed.toString()} repositories`);
    if (wasSkipped(run)) throw new Error(`run ${id} did nothing: ${told}`);
    if (status === "Failed" && total === 0) {
        throw new Error(`run ${id} failed before anything was copied: ${told || "Harbor gives no reason"}`);
    }
    if (failed > 0) {
        const images = await failedImages(harbor, id);
        const lines = images.slice(0, 20).map((one) => `  ${one.source} -> ${one.destination}: ${one.reason}`);
        const more = images.length > 20 ? [`  and ${(images.length - 20).toString()} more`] : [];
        const header = `run ${id}: ${failed.toString()} of ${total.toString()} repositories were not copied:`;
        throw new Error([header, ...lines, ...more].join("\n"));
    }
    if (total === 0) {
        const message = `run ${id} found nothing to copy (${told || "no reason is given"}): a filter matches nothing, or the destination is a proxy cache`;
        if (wanted.requireImages) throw new Error(`${message}; set requireImages to false if that is right`);
        session.warn(message);
    }
    const tasks = total === 0 ? [] : await tasksOf(harbor, id, "Succeed");
    const compared = await compare(harbor, tasks, wanted, session);
    return { run: id, status: "Succeed", total, repositories: repositoriesOf(tasks), compared };
}

async function compare(harbor: Harbor, tasks: Task[], wanted: Wanted, session: Session): Promise<Compared[]> {
    if (wanted.remote === undefined) return [];
    session.say("comparing digests");
    const pairs = tasks
        .filter(({ operation }) => operation === undefined || operation === "copy")
        .map((task) => ({ source: repositoryOf(task.src_resource), destination: repositoryOf(task.dst_resource) }));
    const filters = wanted.filters ?? [];
    const compared = await compareDigests(harbor.connection, wanted.remote, wanted.mode === "push", pairs, filters);
    const different = compared.filter(({ source, destination }) => source !== destination);
    if (different.length === 0) return compared;
    const lines = different
        .slice(0, 20)
        .map(
            (one) =>
                `  ${one.image}: ${one.source} at the source, ${one.destination === "" ? "nothing" : one.destination} at the destination`,
        );
    const header = `${different.length.toString()} of ${compared.length.toString()} tags are not the same on both sides after the run:`;
    throw new Error([header, ...lines].join("\n"));
}

function repositoriesOf(tasks: Task[]): string[] {
    return [...new Set(tasks.map(({ dst_resource: text }) => repositoryOf(text)))].sort();
}

/** Harbor says `repository [N item(s) in total]`. */
function repositoryOf(text = ""): string {
    return text.split(/[ :[]/)[0] ?? "";
}
