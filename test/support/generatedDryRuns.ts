import assert from "node:assert/strict";

import fc from "fast-check";

import type { Lab } from "../../lab/lab.ts";
import { dependsOnCluster, DryRun } from "./dryRun.ts";
import { acceptable, objectsOf, renderSite } from "./generatedSite.ts";
import { chosenSeed } from "./seed.ts";
import { settingsArbitrary } from "./settingsArbitrary.ts";

/** Namespace that stands for every namespace of a generated site. */
const namespace = "generated-settings";

/**
 * Generates configurations, has every refused one mended by taking out what the refusal names, and asks the API server
 * whether it would take every object of the site. Fails with the smallest configuration whose objects it refuses.
 */
export async function proveDryRuns(lab: Lab, cases: number): Promise<void> {
    const made = await lab.kubectl(["create", "namespace", namespace]);
    assert.ok(made.code === 0 || made.stderr.includes("AlreadyExists"), made.stderr);
    const server = new DryRun(lab.kubeconfig, namespace);
    const counts = { cases: 0, given: 0, mended: 0, neverAccepted: 0, objects: 0, clusterSaysNo: 0 };
    const property = fc.asyncProperty(settingsArbitrary(), async (values) => {
        counts.cases += 1;
        const accepted = acceptable(values);
        if (accepted === undefined) {
            counts.neverAccepted += 1;
            return;
        }
        counts[accepted === values ? "given" : "mended"] += 1;
        const outcome = await renderSite(accepted);
        assert.ok(outcome.refused === undefined);
        const objects = objectsOf(outcome.registered);
        counts.objects += objects.length;
        const refusals = await server.refusals(objects);
        counts.clusterSaysNo += refusals.filter(dependsOnCluster).length;
        assert.deepEqual(
            refusals.filter((answer) => !dependsOnCluster(answer)).map(({ message }) => message),
            [],
            `accepted by the settings, refused by the server: ${JSON.stringify(accepted)}`,
        );
    });
    try {
        await fc.assert(property, { seed: chosenSeed("dry runs"), numRuns: cases });
    } finally {
        server.close();
        await lab.kubectl(["delete", "namespace", namespace, "--wait=false"]);
        const unserved = [...server.unserved].join(", ") || "none";
        console.log(`        ${JSON.stringify({ ...counts, sent: server.sent })}; kinds not served here: ${unserved}`);
    }
    assert.ok(counts.given + counts.mended >= cases / 2, JSON.stringify(counts));
}
