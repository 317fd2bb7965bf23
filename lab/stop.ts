import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";

import { current, down } from "./lab.ts";
import { Refusal } from "./machines/command.ts";
import { siteDir } from "./paths.ts";
import { runProgram } from "./program.ts";
import { consoleReport, type Report } from "./report.ts";
import { clusterStack, confirm, foldersOf, labStack, userCluster } from "./site/target.ts";
import type { Stack } from "./site/stack.ts";

/** `npm stop`: what `npm start` made is removed; the cache of what was built stays. */
async function stop(report: Report): Promise<void> {
    const cluster = await userCluster();
    if (cluster !== undefined) {
        const stack = clusterStack(cluster);
        if (!stack.exists) {
            throw new Refusal(`npm start has made nothing on ${cluster.server}.`, "Unset KUBECONFIG to stop the lab.");
        }
        await confirm(cluster, "The site is removed from this cluster");
        if (!(await destroy(stack, report))) {
            throw new Refusal("pulumi destroy failed; what it said is above.", "Mend it and run npm stop again.");
        }
        stack.forget();
        return;
    }
    const lab = await current();
    if (lab !== undefined) {
        const stack = await labStack(lab);
        if (stack.exists && !(await destroy(stack, report))) {
            report.say("  pulumi destroy failed: what is left of the site goes with the lab.");
        }
    }
    await down(report);
    // Without its cluster a site is gone already, and only its state is left to forget.
    for (const folder of foldersOf("lab")) rmSync(folder, { recursive: true, force: true });
    if (existsSync(siteDir()) && readdirSync(siteDir()).length === 0) rmdirSync(siteDir());
    if (foldersOf("cluster").length > 0) {
        report.say("A site on a cluster of yours is still there: stop it with the KUBECONFIG it was started with.");
    }
}

/** Returns whether everything is gone that was not asked to stay. */
async function destroy(stack: Stack, report: Report): Promise<boolean> {
    await stack.releaseDeadLock();
    const code = await report.stage("pulumi destroy", () => stack.attached(["destroy", "--yes", "--skip-preview"]));
    return code === 0;
}

await runProgram(() => stop(consoleReport()));
