import type { Found } from "./receipt.ts";
import type { Pod } from "./pods.ts";
import { podTrouble } from "./waiting.ts";

/** What the agent says of its node, as one line of JSON in the termination message of its init container. */
interface Report {
    status: string;
    bundle?: string;
    paths?: string[];
    warnings?: string[];
    cause?: string;
}

/** What shall be found on a node. */
export interface Wanted {
    /** Name of the init container that reports. */
    readonly initContainer: string;
    /** `applied` or `removed`. */
    readonly status: "applied" | "removed";
    /** The bundle that it shall have; without it, any. */
    readonly bundle?: string;
    /** Whether the whole pod must be well too. */
    readonly readiness: boolean;
}

/** Reads what one pod of the agent says of its node. */
export function readAgent(pod: Pod, { initContainer, status, bundle, readiness }: Wanted): Found {
    const { state, lastState } = pod.initContainers.find(({ name }) => name === initContainer) ?? {};
    const terminated = state?.terminated ?? lastState?.terminated;
    const report = parse(terminated?.message);
    const base = { done: false, pod: pod.name };
    if (report === undefined) return { ...base, status: "waiting", cause: podTrouble(pod) ?? silence(terminated) };
    const said = { ...base, ...report };
    if (report.status === "failed") return { ...said, cause: report.cause ?? "the agent gives no cause" };
    if (state?.terminated?.exitCode !== 0 || report.status !== status) {
        return { ...said, status: "waiting", cause: podTrouble(pod) ?? `it says "${report.status}"` };
    }
    if (bundle !== undefined && report.bundle !== bundle) {
        return { ...said, cause: `it has the bundle ${report.bundle ?? "of no name"}, and shall have ${bundle}` };
    }
    if (readiness && !pod.ready) {
        return { ...said, cause: podTrouble(pod) ?? "the agent has written everything, and is not up yet" };
    }
    return { ...said, done: true };
}

function silence(terminated: { message?: string } | undefined): string {
    if (terminated === undefined) return "the agent has not ended its work yet";
    return `the agent ended without a report: ${terminated.message?.trim().slice(0, 200) ?? "it says nothing"}`;
}

function parse(message: string | undefined): Report | undefined {
    let value: unknown;
    try {
        value = JSON.parse(message ?? "");
    } catch {
        return undefined;
    }
    const { status, bundle, paths, warnings, cause } = (value ?? {}) as Record<string, unknown>;
    if (typeof status !== "string") return undefined;
    return {
        status,
        ...(typeof bundle === "string" ? { bundle } : {}),
        ...(typeof cause === "string" ? { cause } : {}),
        paths: texts(paths),
        warnings: texts(warnings),
    };
}

function texts(value: unknown): string[] {
    return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}
