import type { ContainerState, ContainerStatus, Pod } from "./pods.ts";

/** Why a pod is not well, in its kubelet's own words; undefined when it only needs time. */
export function podTrouble({ unschedulable, initContainers, containers }: Pod): string | undefined {
    if (unschedulable !== undefined) return `no node takes its pod: ${unschedulable}`;
    for (const status of [...initContainers, ...containers]) {
        const trouble = containerTrouble(status);
        if (trouble !== undefined) return trouble;
    }
    return undefined;
}

function containerTrouble({ name, state, lastState }: ContainerStatus): string | undefined {
    const { waiting, terminated } = state ?? {};
    if (terminated !== undefined && terminated.exitCode !== 0) return ended(name, terminated);
    if (waiting?.reason === "CrashLoopBackOff" && lastState?.terminated !== undefined) {
        return ended(name, lastState.terminated);
    }
    // Every container begins like that.
    if (waiting?.reason === undefined || ["ContainerCreating", "PodInitializing"].includes(waiting.reason)) {
        return undefined;
    }
    return [waiting.reason, waiting.message].filter((part) => part !== undefined && part !== "").join(": ");
}

function ended(name: string, { exitCode, reason, message }: NonNullable<ContainerState["terminated"]>): string {
    const words = message === undefined || message.trim() === "" ? (reason ?? "no reason is given") : message.trim();
    return `its container ${name} ended with ${exitCode.toString()}: ${words}`;
}
