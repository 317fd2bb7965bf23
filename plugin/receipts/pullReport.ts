import type { ApiServer, KubeObject } from "../copier/apiServer.ts";
import type { Pod } from "./pods.ts";
import { explained } from "./pullDiagnosis.ts";
import type { Found, Receipt } from "./receipt.ts";
import { podTrouble } from "./waiting.ts";

/** Reads whether one pod of the proof was pulled and started. `heard` keeps what a runtime said last: between two tries, some kubelets say only that they wait. */
export function readPull(pod: Pod, heard: Map<string, string>): Found {
    const base = { pod: pod.name };
    if (pod.ready) return { ...base, status: "pulled", done: true };
    const trouble = podTrouble(pod);
    if (trouble !== undefined && !isSilent(trouble)) heard.set(pod.name, trouble);
    const words = heard.get(pod.name) ?? trouble;
    const failed = words !== undefined;
    return {
        ...base,
        status: failed ? "failed" : "waiting",
        done: false,
        cause: failed ? explained(words) : "its kubelet has not started the image yet",
    };
}

/** The receipts, with what the events say of those whose kubelet gives no cause of its own. One request for each, ten at most. */
export async function withEvents(api: ApiServer, namespace: string, receipts: readonly Receipt[]): Promise<Receipt[]> {
    const mute = receipts
        .filter(({ ready, done, pod, cause = "" }) => ready && !done && pod !== undefined && isSilent(cause))
        .slice(0, 10);
    const told = new Map<Receipt, string>();
    for (const receipt of mute) {
        const words = await eventOf(api, namespace, receipt.pod ?? "");
        if (words !== undefined) told.set(receipt, explained(words));
    }
    return receipts.map((one) => {
        const cause = told.get(one);
        return cause === undefined ? one : { ...one, status: "failed", cause };
    });
}

/** Whether a kubelet says no more than that it waits. */
function isSilent(words: string): boolean {
    return /^(ImagePullBackOff|ErrImagePull)(: Back-off pulling image "[^"]*")?$|has not started the image/.test(
        words.trim(),
    );
}

async function eventOf(api: ApiServer, namespace: string, pod: string): Promise<string | undefined> {
    const fieldSelector = `involvedObject.name=${pod},type=Warning`;
    const { items } = await api.list(`/api/v1/namespaces/${namespace}/events`, { fieldSelector });
    const events = items as (KubeObject & { message?: string; lastTimestamp?: string })[];
    const failures = events
        .filter(({ message = "" }) => /Failed to pull image|FailedCreatePodSandBox|FailedMount/.test(message))
        .sort((a, b) => ((a.lastTimestamp ?? "") < (b.lastTimestamp ?? "") ? 1 : -1));
    return (failures[0] ?? events.at(-1))?.message;
}
