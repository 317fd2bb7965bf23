import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { current, down, up } from "../../lab/lab.ts";
import { leftOvers } from "../../lab/machines/sweep.ts";
import { checkout } from "../../lab/paths.ts";
import { consoleReport } from "../../lab/report.ts";
import { labStack } from "../../lab/site/target.ts";

/** Starts one of the lab's programs and kills it at some moment, as a machine that loses power would. */
async function killed(args: readonly string[], moment: () => Promise<unknown>): Promise<void> {
    const child = spawn(process.execPath, args, { cwd: checkout, stdio: "ignore", detached: true });
    const ended = once(child, "close");
    await moment();
    // The whole group, so that nothing is left to tidy up after it.
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    await ended;
}

describe("faults", () => {
    after(async () => {
        await down(consoleReport());
    });

    for (const afterMs of [1000, 4000, 9000]) {
        it(`the lab comes up after an earlier up was killed at ${afterMs.toString()} ms`, async () => {
            await down(consoleReport());
            await killed([join(checkout, "lab", "cli.ts"), "up"], () => setTimeout(afterMs));
            const lab = await up(consoleReport());
            const nodes = await lab.kubectl(["get", "nodes", "--no-headers"]);
            assert.equal(nodes.stdout.match(/ Ready /g)?.length, 2, nodes.stdout);
        });
    }

    it("the lab leaves nothing behind", async () => {
        await down(consoleReport());
        assert.deepEqual(leftOvers(), []);
        assert.equal(await current(), undefined);
    });

    it("a site whose update was killed is taken apart, and comes up again", async () => {
        const lab = await up(consoleReport());
        const stack = await labStack(lab);
        stack.forget();
        await killed([join(checkout, "lab", "start.ts")], async () => {
            const made = ["get", "deployment", "image-registry", "--namespace=kube-infra"];
            while ((await lab.kubectl(made)).code !== 0) await setTimeout(100);
        });
        const stop = spawn(process.execPath, [join(checkout, "lab", "stop.ts")], { cwd: checkout, stdio: "inherit" });
        assert.deepEqual(await once(stop, "close"), [0, null]);
        const start = spawn(process.execPath, [join(checkout, "lab", "start.ts")], { cwd: checkout, stdio: "inherit" });
        assert.deepEqual(await once(start, "close"), [0, null]);
    });

    it("a node that loses power pulls again when it is back", async () => {
        const lab = await up(consoleReport());
        const stack = await labStack(lab);
        await stack.prepare();
        const made = await stack.pulumi(["up", "--yes", "--skip-preview"]);
        assert.equal(made.code, 0, made.stdout);
        await lab.stopMachine("node2");
        await lab.startMachine("node2");
        const host = "/etc/containerd/certs.d/registry.site.test/hosts.toml";
        assert.equal(
            (await lab.exec("node2", ["test", "-s", host])).code,
            0,
            "the trust did not outlive the node's fall",
        );
        const again = ["-n", "image-registry-proof", "rollout", "restart", "daemonset/image-registry-proof"];
        assert.equal((await lab.kubectl(again)).code, 0);
        const status = [
            "-n",
            "image-registry-proof",
            "rollout",
            "status",
            "daemonset/image-registry-proof",
            "--timeout=180s",
        ];
        const proven = await lab.kubectl(status);
        assert.equal(proven.code, 0, proven.stderr);
        await stack.pulumi(["destroy", "--yes", "--skip-preview"]);
        stack.forget();
    });
});
