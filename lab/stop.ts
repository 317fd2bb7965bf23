import { current, down } from "./lab.ts";
import { Refusal } from "./machines/command.ts";
import { consoleReport, type Report } from "./report.ts";
import { clusterStack, confirm, labStack, userCluster } from "./site/target.ts";
import type { Stack } from "./site/stack.ts";

/** `npm stop`: what `npm start` made is removed; the cache of what was built stays. */
async function stop(report: Report): Promise<void> {
    const cluster = await userCluster();
    if (cluster !== undefined) {
        const stack = clusterStack(cluster.kubeconfig);
        if (!stack.exists)
            throw new Refusal("npm start has made nothing on a cluster of yours.", "Unset KUBECONFIG to stop the lab.");
        await confirm(cluster, "The site is removed from this cluster");
        if (!(await destroy(stack, report))) {
            throw new Refusal("pulumi destroy failed; what it said is above.", "Mend it and run npm stop again.");
        }
        stack.forget();
        return;
    }
    const lab = await current();
    const stack = labStack(lab?.kubeconfig ?? "");
    // Without its cluster the site is gone already, and only the state of it is left to forget.
    if (lab !== undefined && stack.exists && !(await destroy(stack, report))) {
        report.say("  pulumi destroy failed: what is left of the site goes with the lab.");
    }
    stack.forget();
    await down(report);
    if (clusterStack("").exists) {
        report.say("The site on a cluster of yours is still there: stop it with the KUBECONFIG it was started with.");
    }
}

/** Returns whether everything is gone that was not asked to stay. */
async function destroy(stack: Stack, report: Report): Promise<boolean> {
    await stack.releaseDeadLock();
    const code = await report.stage("pulumi destroy", () => stack.attached(["destroy", "--yes", "--skip-preview"]));
    return code === 0;
}

try {
    await stop(consoleReport());
} catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
}
