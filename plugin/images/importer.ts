import { isStatus, type ApiServer, type KubeObject } from "../copier/apiServer.ts";
import type { ContainerStatus } from "../receipts/pods.ts";
import { importerPod, type ImportTask, type StartImage } from "./importerPod.ts";
import { readImportReport, type ImportReport } from "./importReport.ts";

/** Pauses between looks in ms; the last one stays. */
const pauses = [300, 500, 500, 1_000];
/** How long a new namespace may be without its ServiceAccount, in ms. */
const accountMs = 20_000;
/** What a container waits for that does not pass: its image cannot be started here, and another one may. */
const dead = [
    "ErrImageNeverPull",
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "CreateContainerConfigError",
];
const deadToo = ["CreateContainerError", "RunContainerError", "StartError", "ContainerCannotRun"];

interface PodObject extends KubeObject {
    status?: { phase?: string; reason?: string; message?: string; containerStatuses?: ContainerStatus[] };
}

/** The image could not be started; another one may. */
class NotStarted extends Error {}

/**
 * Runs an importer on its node and takes away its pod, whatever becomes of it. The images are tried in their order until one starts.
 * Throws in words where none does, where the importer fails, and where it takes longer than `until` (ms since 1970).
 */
export async function runImporter(
    api: ApiServer,
    task: ImportTask,
    images: readonly StartImage[],
    until: number,
): Promise<ImportReport> {
    const tried: string[] = [];
    for (const start of images) {
        try {
            return await attempt(api, importerPod(task, start), until);
        } catch (error) {
            if (!(error instanceof NotStarted)) throw error;
            tried.push(`${start.image}: ${error.message}`);
        }
    }
    const none = "it tells of no image that it has";
    throw new Error(`no importer starts on it: ${tried.length === 0 ? none : tried.join("; ")}`);
}

async function attempt(api: ApiServer, pod: KubeObject, until: number): Promise<ImportReport> {
    const { name, namespace = "" } = pod.metadata;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    // A run that was killed may have left one.
    await dropPod(api, path);
    try {
        await make(api, `/api/v1/namespaces/${namespace}/pods`, pod);
        return await watched(api, path, until);
    } finally {
        await dropPod(api, path).catch(() => undefined); // what stays goes with the namespace
    }
}

async function make(api: ApiServer, collection: string, pod: KubeObject): Promise<void> {
    const limit = Date.now() + accountMs;
    for (;;) {
        try {
            await api.send("POST", collection, pod);
            return;
        } catch (error) {
            const accountMissing = isStatus(error, 403) && /serviceaccount/.test((error as Error).message);
            if (!accountMissing || Date.now() > limit) throw error;
        }
        await api.pause(300);
    }
}

async function watched(api: ApiServer, path: string, until: number): Promise<ImportReport> {
    for (let round = 0; ; round += 1) {
        const found = (await api.get(path)) as PodObject | undefined;
        if (found === undefined) throw new Error("somebody has deleted the importer's pod: run it again");
        const { phase, reason, message, containerStatuses = [] } = found.status ?? {};
        const terminated = containerStatuses[0]?.state?.terminated;
        if (terminated !== undefined) {
            if (deadToo.includes(terminated.reason ?? "")) throw new NotStarted(words(terminated));
            return judged(readImportReport(terminated.message ?? ""), words(terminated));
        }
        if (phase === "Failed") throw new Error(`the kubelet has refused the importer: ${words({ reason, message })}`);
        const waiting = containerStatuses[0]?.state?.waiting;
        if ([...dead, ...deadToo].includes(waiting?.reason ?? "")) throw new NotStarted(words(waiting ?? {}));
        const trouble = round % 4 === 3 ? await mountTrouble(api, found) : undefined;
        if (trouble?.final === true) throw new Error(trouble.text);
        const pause = pauses[Math.min(round, pauses.length - 1)] ?? 0;
        if (Date.now() + pause > until) {
            const last = (trouble ?? (await mountTrouble(api, found)))?.text;
            const state = waiting?.reason ?? phase ?? "no state";
            throw new Error(`it was not done in time (${state}${last === undefined ? "" : `: ${last}`})`);
        }
        await api.pause(pause);
    }
}

function judged(report: ImportReport, end: string): ImportReport {
    if (report.failure !== undefined) throw new Error(report.failure);
    if (!report.done) throw new Error(`the importer ended without a report: ${end}`);
    return report;
}

/** What the cluster says of a pod that does not begin; `final` where time will not help. */
async function mountTrouble(
    api: ApiServer,
    { metadata }: KubeObject,
): Promise<{ text: string; final: boolean } | undefined> {
    const { items } = await api.list(`/api/v1/namespaces/${metadata.namespace ?? ""}/events`, {
        fieldSelector: `involvedObject.name=${metadata.name},involvedObject.uid=${metadata.uid ?? ""}`,
    });
    const warnings = (items as (KubeObject & { type?: string; reason?: string; message?: string })[]).filter(
        ({ type, reason }) => type === "Warning" && ["FailedMount", "FailedCreatePodSandBox"].includes(reason ?? ""),
    );
    const text = warnings.at(-1)?.message;
    if (text === undefined) return undefined;
    const path = /hostPath type check failed: (\S+) is not a (\w+)/.exec(text);
    if (path === null) return { text, final: /no space left on device/.test(text) };
    const [, where = "", kind] = path;
    const cause =
        kind === "socket"
            ? `containerd's socket is not at ${where}: say where it is (\`socket\`)`
            : `it has no folder ${where}, which the importer needs: bring the images there in another way`;
    return { text: cause, final: true };
}

async function dropPod(api: ApiServer, path: string): Promise<void> {
    const options = { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 0 };
    for (let round = 0; round < 60; round += 1) {
        try {
            await api.send("DELETE", path, options);
        } catch (error) {
            if (isStatus(error, 404)) return;
            throw error;
        }
        if ((await api.get(path)) === undefined) return;
        await api.pause(500);
    }
}

function words({ reason, message }: { reason?: string | undefined; message?: string | undefined }): string {
    const parts = [reason, message?.trim()].filter((part) => part !== undefined && part !== "");
    return parts.length === 0 ? "no reason is given" : parts.join(": ");
}
