import assert from "node:assert/strict";
import { mock } from "node:test";
import type { Workload } from "../../lab/addons/rollout.ts";
import { rollout } from "../../lab/addons/rollout.ts";
import type { Lab } from "../../lab/lab.ts";
import { silent } from "./scratch.ts";

const deployment: Workload = { kind: "deployment", namespace: "kube-system", name: "coredns" };
const daemonSet: Workload = { kind: "daemonset", namespace: "traefik", name: "traefik" };

interface Status {
    readonly observedGeneration?: number;
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
    readonly numberReady?: number;
    readonly desiredNumberScheduled?: number;
    readonly updatedNumberScheduled?: number;
}

/** Waits for a workload of generation 2 that goes through these states; returns what was said of it. */
async function waitThrough(workload: Workload, states: readonly Status[]): Promise<string[]> {
    const left = [...states];
    const said: string[] = [];
    const spec = workload.kind === "deployment" ? { replicas: 2 } : {};
    const kubectl: Lab["kubectl"] = () => {
        const status = left.shift();
        if (status === undefined) return Promise.resolve({ code: 1, stdout: "", stderr: "not done when it should be" });
        // The pause before the next look, over at once.
        setImmediate(() => {
            mock.timers.tick(1000);
        });
        return Promise.resolve({
            code: 0,
            stdout: JSON.stringify({ metadata: { generation: 2 }, spec, status }),
            stderr: "",
        });
    };
    // Nothing else of a lab is asked for.
    const lab = { kubectl } as Lab;
    await rollout(lab, workload, { ...silent, say: (text) => said.push(text.trim()) });
    assert.equal(left.length, 0, "done too early");
    return said;
}

describe("waiting for an add-on", () => {
    beforeEach(() => {
        mock.timers.enable({ apis: ["setTimeout"] });
    });
    afterEach(() => {
        mock.timers.reset();
    });

    it("ends when all pods of a Deployment are ready, and says how many are whenever that changes", async () => {
        const states = [0, 1, 1, 2].map((ready) => ({
            observedGeneration: 2,
            updatedReplicas: 2,
            readyReplicas: ready,
        }));
        assert.deepEqual(await waitThrough(deployment, states), [
            "coredns: 0 of 2 ready",
            "coredns: 1 of 2 ready",
            "coredns: 2 of 2 ready",
        ]);
    });

    it("is not ended by the ready pods of an older version", async () => {
        await waitThrough(deployment, [
            { observedGeneration: 1, updatedReplicas: 2, readyReplicas: 2 },
            { observedGeneration: 2, updatedReplicas: 1, readyReplicas: 2 },
            { observedGeneration: 2, updatedReplicas: 2, readyReplicas: 2 },
        ]);
    });

    it("is not ended by a DaemonSet that does not know yet of any node", async () => {
        await waitThrough(daemonSet, [
            {},
            { observedGeneration: 2, desiredNumberScheduled: 0, updatedNumberScheduled: 0, numberReady: 0 },
            { observedGeneration: 2, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberReady: 1 },
            { observedGeneration: 2, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberReady: 2 },
        ]);
    });

    it("ends with kubectl's words when it fails", async () => {
        await assert.rejects(waitThrough(deployment, []), /kubectl get deployment coredns .* ended with 1: not done/);
    });
});
