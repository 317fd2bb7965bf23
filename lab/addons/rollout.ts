import type { Lab } from "../lab.ts";
import type { Report } from "../report.ts";
import { mustKubectl } from "./kubectl.ts";

/** Something whose pods have to run before the lab is ready. */
export interface Workload {
    readonly kind: "deployment" | "daemonset";
    readonly namespace: string;
    readonly name: string;
}

interface Observed {
    readonly metadata: { readonly generation: number };
    readonly spec: { readonly replicas?: number };
    readonly status: {
        readonly observedGeneration?: number;
        readonly readyReplicas?: number;
        readonly updatedReplicas?: number;
        readonly numberReady?: number;
        readonly desiredNumberScheduled?: number;
        readonly updatedNumberScheduled?: number;
    };
}

const patienceMs = 180_000;
const pauseMs = 1000;

/** Waits until every pod of the workload is ready, saying how many are. When time is up, the error tells what its pods do. */
export async function rollout(lab: Lab, workload: Workload, report: Report): Promise<void> {
    const { kind, namespace, name } = workload;
    const deadline = performance.now() + patienceMs;
    let said = "";
    for (;;) {
        const stdout = await mustKubectl(lab, ["get", kind, name, "--namespace", namespace, "--output=json"]);
        const { ready, wanted, current } = progress(JSON.parse(stdout) as Observed);
        const line = `    ${name}: ${ready.toString()} of ${wanted.toString()} ready`;
        if (line !== said) report.say(line);
        said = line;
        if (current && wanted > 0 && ready >= wanted) return;
        if (performance.now() > deadline) {
            throw new Error(`${name} did not become ready:\n${await whatItsPodsDo(lab, namespace)}`);
        }
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
}

/** How many pods are ready and wanted, and whether all of them are of the newest version. */
function progress({ metadata, spec, status }: Observed): { ready: number; wanted: number; current: boolean } {
    const wanted = spec.replicas ?? status.desiredNumberScheduled ?? 0;
    const updated = status.updatedReplicas ?? status.updatedNumberScheduled ?? 0;
    const ready = status.readyReplicas ?? status.numberReady ?? 0;
    return { ready, wanted, current: status.observedGeneration === metadata.generation && updated >= wanted };
}

async function whatItsPodsDo(lab: Lab, namespace: string): Promise<string> {
    const pods = await lab.kubectl(["get", "pods", "--namespace", namespace, "--output=wide"]);
    const events = await lab.kubectl(["get", "events", "--namespace", namespace, "--sort-by=.lastTimestamp"]);
    return `${pods.stdout}${events.stdout.split("\n").slice(-12).join("\n")}`;
}
