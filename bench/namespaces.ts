import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ensureEngine } from "../lab/engine.ts";
import { up } from "../lab/lab.ts";
import { consoleReport } from "../lab/report.ts";
import { Stack } from "../lab/site/stack.ts";
import { openCluster } from "../plugin/cluster.ts";
import { eachOf } from "../plugin/eachOf.ts";
import { median } from "./statistics.ts";

/**
 * What one more namespace with a pull secret costs an `up`, among 500 against among 50: the declared list, which is what people write,
 * and the selection by labels for comparison. Besides, without the time of an `up` that has nothing to do.
 */
const sizes = [50, 500] as const;
/** Rounds of which the middle counts. */
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const target = 1.2;
/** Has the engine write its state at the end alone, for what is not timed. */
const atOnce = { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };

const report = consoleReport();
const lab = await up(report);
await ensureEngine(report);
const api = await openCluster(readFileSync(lab.kubeconfig, "utf8"), new AbortController().signal);
const stack = new Stack("dev", mkdtempSync(join(tmpdir(), "bench-namespaces-")), lab.kubeconfig, "bench-namespaces");
await stack.prepare();
const names = Array.from({ length: sizes[1] }, (_, index) => `bench-namespaces-${index.toString()}`);
const labelOf = (size: number): string => `bench-namespaces.test/in-${size.toString()}`;

try {
    await each((name, index) => {
        const labels = Object.fromEntries(sizes.filter((size) => index < size).map((size) => [labelOf(size), "yes"]));
        return api.send("POST", "/api/v1/namespaces", { metadata: { name, labels } });
    });
    const declared = (size: number): Record<string, unknown> => ({ namespaces: names.slice(0, size) });
    const selected = (size: number): Record<string, unknown> => ({ namespaceSelector: { [labelOf(size)]: "yes" } });
    const ways = { declared, selected };
    await run({}, atOnce);
    const ratios: Record<string, number> = {};
    for (const [way, settingsFor] of Object.entries(ways)) {
        const whole = new Map<number, number[]>(sizes.map((size) => [size, []]));
        const added = new Map<number, number[]>(sizes.map((size) => [size, []]));
        for (let round = 0; round < rounds; round += 1) {
            const idle = await run({});
            for (const size of sizes) {
                const seconds = await run(settingsFor(size));
                await run({}, atOnce);
                whole.get(size)?.push(seconds / size);
                added.get(size)?.push((seconds - idle) / size);
            }
        }
        for (const size of sizes) {
            const text = (values: readonly number[] = []): string =>
                values.map((one) => (one * 1000).toFixed(1)).join(", ");
            console.log(
                `${way} ${size.toString().padStart(4)}: ${text(whole.get(size))} ms each; ${text(added.get(size))} ms without an idle up`,
            );
        }
        ratios[way] = ratioOf(whole);
        console.log(`${way} ratio ${ratioOf(whole).toFixed(2)}; without an idle up ${ratioOf(added).toFixed(2)}`);
    }
    const ratio = ratios.declared ?? NaN;
    console.log(`bench namespaces: ${ratio.toFixed(2)} (target at most ${target.toString()})`);
    if (!(ratio <= target)) process.exitCode = 1;
} finally {
    await stack.pulumi(["destroy", "--yes", "--skip-preview"], atOnce);
    await each((name) => api.send("DELETE", `/api/v1/namespaces/${name}`, {}));
    stack.forget();
}

/** Seconds of one `up` with these pull secrets. */
async function run(pullSecret: Record<string, unknown>, environment: Record<string, string> = {}): Promise<number> {
    stack.set((config) => {
        delete config["siteregistry:nodeTrust"];
        config["siteregistry:registry"] = {
            name: "bench-namespaces",
            namespace: "bench-namespaces",
            host: "bench-namespaces.site.test",
            storage: { size: "1Gi", keepOnDestroy: false },
            proof: { enabled: false },
            pullSecret: { name: "bench-namespaces", ...pullSecret },
        };
    });
    const begun = performance.now();
    const result = await stack.pulumi(["up", "--yes", "--skip-preview"], environment);
    if (result.code !== 0) throw new Error(`up failed:\n${result.stdout}${result.stderr}`);
    return (performance.now() - begun) / 1000;
}

/** Does it for every namespace of the bench; what fails for one does not keep the others waiting. */
async function each(work: (name: string, index: number) => Promise<unknown>): Promise<void> {
    const failed = await eachOf(names, 8, async (name) => {
        await work(name, names.indexOf(name));
    });
    for (const [name, error] of failed) report.say(`${name}: ${error.message}`);
}

/** What one namespace costs among many, over what it costs among few. */
function ratioOf(costs: ReadonlyMap<number, readonly number[]>): number {
    const [few = NaN, many = NaN] = sizes.map((size) => median(costs.get(size) ?? []));
    return many / few;
}
