import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";

import type { Lab } from "../../lab/lab.ts";
import { eventually } from "../../lab/machines/command.ts";
import { checkout } from "../../lab/paths.ts";
import { layouts } from "../support/layouts.ts";
import { describeLoad, startPullLoad, type LoadReport, type PullLoad } from "../support/pullLoad.ts";
import { runningLab } from "../support/runningLab.ts";
import { ScratchSite } from "../support/scratchSite.ts";

/** How long the load stays on once a fault is over, so that what it leaves behind is counted too. */
const aftermath = 15_000;

for (const layout of layouts()) {
    describe(`reliability with ${layout.name}`, () => {
        let lab: Lab;
        let site: ScratchSite;
        let load: PullLoad | undefined;
        let unprepare: (() => Promise<void>) | undefined;
        /** Leaf on the registry's wire, as the outside machine sees it. */
        const leaf = async (): Promise<string> => {
            const { host } = await site.access();
            const connect = `openssl s_client -connect ${lab.ingressAddress}:443 -servername ${host} </dev/null 2>/dev/null`;
            return (
                await lab.exec("outside", ["sh", "-c", `${connect} | openssl x509 -noout -fingerprint -enddate`])
            ).stdout.trim();
        };

        before(async () => {
            lab = await runningLab();
            unprepare = await layout.prepare(lab);
            site = new ScratchSite(lab, `reliability-${layout.id}`, layout.registry);
            await site.prepare();
            for (const [key, values] of Object.entries(layout.secrets)) {
                for (const [name, value] of Object.entries(values))
                    await site.pulumi("config", "set", "--secret", "--path", `${key}.${name}`, value);
            }
            await site.up();
        });

        after(async () => {
            await site.destroy();
            await unprepare?.();
        });

        afterEach(async () => {
            // Only after a failure is there one left.
            if (load !== undefined) console.log(`        ${describeLoad(await load.stop())}`);
            load = undefined;
        });

        /** Puts the load on, has something happen, and returns what was counted, having printed it. */
        async function under(what: string, event: () => Promise<void>): Promise<LoadReport> {
            load = await startPullLoad(lab, { access: await site.access(), name: `${site.name}-load` });
            await setTimeout(5000);
            const begun = performance.now();
            await event();
            await site.ready();
            const seconds = ((performance.now() - begun) / 1000).toFixed(0);
            await setTimeout(aftermath);
            const report = await load.stop();
            load = undefined;
            console.log(`        ${layout.name}, ${what} (${seconds} s): ${describeLoad(report)}`);
            for (const problem of report.problems) console.log(`          ${problem}`);
            assert.ok(report.pulls >= 10, "too few pulls to say anything");
            assert.equal(report.failed, 0);
            return report;
        }

        /** A fault of one pod: without a second one events are counted, and with it there are none. */
        function judge(report: LoadReport): void {
            if (layout.redundant) assert.equal(report.errImagePullEvents, 0);
        }

        it("the registry's process is killed, and then its pod, during pushes and pulls", async () => {
            const report = await under("process and pod killed", async () => {
                const [first] = await site.pods();
                assert.ok(first !== undefined);
                await lab.exec(first.node, [
                    ...["ctr", "--namespace=k8s.io", "tasks", "kill", "--signal=SIGKILL", first.container],
                ]);
                await eventually("the process is started again", 60, async () =>
                    (await site.pods()).some(({ name, restarts }) => name === first.name && restarts > first.restarts),
                );
                await site.ready();
                await setTimeout(5000);
                const last = (await site.pods()).at(-1);
                await site.kubectl("delete", "pod", last?.name ?? "", "--grace-period=0", "--force");
                await setTimeout(2000);
            });
            judge(report);
        });

        it("the engine is killed in the middle of an update, which is then run again", async () => {
            const report = await under("engine killed", async () => {
                const version = [
                    "get",
                    "secret",
                    `${site.namespace}-users`,
                    "-o",
                    "jsonpath={.metadata.resourceVersion}",
                ];
                const before = await site.kubectl(...version);
                site.change({
                    users: [{ name: "registry" }, { name: "killed" }],
                    clusterHosts: ["killed.example.org"],
                });
                const [program = "", ...args] = site.stack.command(["up", "--yes", "--skip-preview"]);
                const engine = spawn(program, [...args, "--non-interactive"], {
                    ...{ cwd: checkout, env: site.stack.environment(), stdio: "ignore", detached: true },
                });
                const ended = once(engine, "close");
                await eventually("the update has begun", 60, async () => (await site.kubectl(...version)) !== before);
                // The whole group, so that no plugin goes on.
                if (engine.pid !== undefined) process.kill(-engine.pid, "SIGKILL");
                assert.deepEqual(await ended, [null, "SIGKILL"], "the update was over before it was killed");
                await site.stack.releaseDeadLock();
                await site.up();
                await site.pulumi("preview", "--expect-no-changes");
            });
            judge(report);
        });

        it("planned: the leaf is renewed and users change, with no failed pull and no event", async () => {
            const before = await leaf();
            const report = await under("leaf renewed, users changed", async () => {
                site.change({ users: [{ name: "registry" }, { name: "added" }] });
                await site.up();
                // Another life makes another leaf, as the renewal window does, which only time enters.
                site.change({ certificate: { validityHours: 9000 } });
                await site.up();
                await eventually("the new leaf is served", 180, async () => {
                    const now = await leaf();
                    return now !== "" && now !== before;
                });
                site.change({ certificate: {}, users: [{ name: "registry" }] });
                await site.up();
            });
            assert.equal(report.errImagePullEvents, 0);
            assert.equal(report.failedPushes, 0);
        });

        it("a node with a pod of the registry loses its power and comes back", async () => {
            const report = await under("node rebooted", async () => {
                const pods = await site.pods();
                // The last node, where there is a choice: shared storage is on the first.
                const node =
                    pods
                        .map((pod) => pod.node)
                        .sort()
                        .at(-1) ?? "";
                await lab.stopMachine(node);
                await setTimeout(10_000);
                await lab.startMachine(node);
                await eventually(`${node} is ready`, 120, async () => {
                    const condition = `jsonpath={.status.conditions[?(@.type=="Ready")].status}`;
                    return (await lab.kubectl(["get", "node", node, "-o", condition])).stdout === "True";
                });
            });
            judge(report);
        });
    });
}
