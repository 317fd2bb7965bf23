import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ensureEngine } from "../lab/engine.ts";
import { consoleReport } from "../lab/report.ts";
import { Stack } from "../lab/site/stack.ts";
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
const stack = new Stack("casd", folder, "", "bench-harbor");

try {
    await stack.prepare();
    set(0);
    await succeed(["config", "set", "--secret", "--path", "siteregistry:harborCredentials.admin", "Harbor12345"]);
    const idle = await measured(0);
    const costs = new Map<number, Record<string, number>>();
    for (const size of sizes) {
        set(size);
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

function set(size: number): void {
    const endpoints = Array.from({ length: Math.ceil(size / 4) }, (_, index) => ({
        name: `endpoint-${index.toString()}`,
        type: "docker-registry",
        url: remote,
    }));
    const rules = Array.from({ length: size }, (_, index) => ({
        name: `rule-${index.toString()}`,
        mode: "pull",
        endpoint: `endpoint-${Math.floor(index / 4).toString()}`,
        filters: [{ type: "name", value: `org/app-${index.toString()}` }],
        destinationNamespace: "mirror",
    }));
    stack.set((config) => {
        config["siteregistry:harbor"] = { url: harbor.url, endpoints, rules };
    });
}

async function succeed(args: string[]): Promise<void> {
    const result = await stack.pulumi(args);
    if (result.code !== 0)
        throw new Error(`${args.join(" ")} failed:\n${result.stdout.slice(-2000)}${result.stderr.slice(-2000)}`);
}
