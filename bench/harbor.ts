import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ensureEngine, pulumiHome } from "../lab/engine.ts";
import { consoleReport } from "../lab/report.ts";
import { run } from "../lab/machines/command.ts";
import { HarborServer } from "../test/harbor/server.ts";
import { emptyRegistry, SimulatedOutside } from "../test/harbor/simulatedOutside.ts";
import { median } from "./statistics.ts";

/**
 * What one more replication rule costs a preview that has nothing to do, among 2,000 against among 200, with an endpoint for each four
 * rules: once as people preview, and once with `--refresh`, which looks at everything in Harbor. The worse of the two counts. What is said
 * besides, without the time of a preview of nothing, shows the engine's own growth.
 */
const sizes = [200, 2000] as const;
const rounds = 3;
const target = 1.2;
const remote = "http://remote.test:5000";
const ways = { plain: ["preview"], refreshing: ["preview", "--refresh"] };

const report = consoleReport();
await ensureEngine(report);
const outside = new SimulatedOutside();
outside.registries.set(remote, emptyRegistry());
const harbor = await HarborServer.start({ outside, validate: false });
const folder = mkdtempSync(join(tmpdir(), "bench-harbor-"));
const program = join(import.meta.dirname, "programs", "harbor");
let rules = 0;
const file = join(folder, "Pulumi.bench.yaml");

try {
    writeFileSync(join(folder, "passphrase"), "bench\n");
    // As with the site's own stack: `stack init` writes the stack file beside the Pulumi.yaml it sees.
    copyFileSync(join(program, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
    await succeed(["stack", "init", "bench", "--cwd", folder]);
    const idle = await measured(0);
    const costs = new Map<number, Record<string, number>>();
    for (const size of sizes) {
        rules = size;
        const begun = performance.now();
        await succeed(["up", "--yes", "--skip-preview"]);
        console.log(`up to ${size.toString()} rules: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
        costs.set(size, await measured(size));
    }
    const ratios = Object.keys(ways).map((way) => {
        const [few = NaN, many = NaN] = sizes.map((size) => (costs.get(size)?.[way] ?? NaN) / size);
        const [fewMore = NaN, manyMore = NaN] = sizes.map(
            (size) => ((costs.get(size)?.[way] ?? NaN) - (idle[way] ?? NaN)) / size,
        );
        console.log(
            `${way}: ${(few * 1000).toFixed(1)} and ${(many * 1000).toFixed(1)} ms a rule, ratio ${(many / few).toFixed(2)}; ` +
                `without an idle preview ${(manyMore / fewMore).toFixed(2)}`,
        );
        return many / few;
    });
    const ratio = Math.max(...ratios);
    console.log(`bench harbor: ${ratio.toFixed(2)} (target at most ${target.toString()})`);
    if (!(ratio <= target)) process.exitCode = 1;
} finally {
    await harbor.close();
    rmSync(folder, { recursive: true, force: true });
}

/** Median seconds of a preview without changes, by the way it is done; says how much it asked. */
async function measured(size: number): Promise<Record<string, number>> {
    const seconds: Record<string, number> = {};
    for (const [way, args] of Object.entries(ways)) {
        const values: number[] = [];
        harbor.asked.splice(0);
        for (let round = 0; round < rounds; round += 1) {
            const begun = performance.now();
            await succeed(size === 0 ? args : [...args, "--expect-no-changes"]);
            values.push((performance.now() - begun) / 1000);
        }
        seconds[way] = median(values);
        const requests = (harbor.asked.length / rounds).toFixed(0);
        const times = values.map((value) => value.toFixed(1)).join(", ");
        console.log(
            `${size.toString()} rules, ${way}: ${times} s, ${requests} requests, at most ${harbor.mostAtOnce.toString()} at once`,
        );
    }
    return seconds;
}

async function succeed(args: string[]): Promise<void> {
    const where = args[0] === "stack" ? [] : ["--stack", "bench", "--config-file", file, "--cwd", program];
    const result = await run(["npx", "pulumi", ...args, ...where, "--non-interactive"], {
        env: {
            ...process.env,
            PULUMI_HOME: pulumiHome(),
            PULUMI_SKIP_UPDATE_CHECK: "true",
            // The engine writes the whole state after each of 2,500 resources, which is not what is measured.
            ...{ PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" },
            PULUMI_BACKEND_URL: `file://${folder}`,
            PULUMI_CONFIG_PASSPHRASE_FILE: join(folder, "passphrase"),
            BENCH_HARBOR: harbor.url,
            BENCH_RULES: rules.toString(),
        },
    });
    if (result.code === 0) return;
    throw new Error(`${args.join(" ")} failed:\n${result.stdout.slice(-2000)}${result.stderr.slice(-2000)}`);
}
