import type { Subject } from "./rule.ts";
import { at, records } from "./values.ts";

/** The spec of the pods that a workload makes, or undefined for anything else. */
export function podSpecOf({ type, props }: Subject): Record<string, unknown> | undefined {
    const kind = /^kubernetes:(?:core|apps|batch)\/[^:]+:(.+)$/.exec(type)?.[1];
    const path: Record<string, string[]> = {
        Pod: ["spec"],
        CronJob: ["spec", "jobTemplate", "spec", "template", "spec"],
        ...Object.fromEntries(
            ["Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "Job"].map((one) => [
                one,
                ["spec", "template", "spec"],
            ]),
        ),
    };
    const found = kind === undefined ? undefined : path[kind];
    const spec = found && at(props, ...found);
    return typeof spec === "object" && spec !== null ? (spec as Record<string, unknown>) : undefined;
}

/** Every container of a pod. */
export function containersOf(spec: Record<string, unknown>): Record<string, unknown>[] {
    return ["initContainers", "containers", "ephemeralContainers"].flatMap((key) => records(spec[key]));
}
