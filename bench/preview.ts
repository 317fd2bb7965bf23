import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ensureEngine } from "../lab/engine.ts";
import { up } from "../lab/lab.ts";
import { run } from "../lab/machines/command.ts";
import { consoleReport } from "../lab/report.ts";
import { Stack } from "../lab/site/stack.ts";
import { labStack } from "../lab/site/target.ts";
import { median } from "./statistics.ts";

/**
 * How long a preview of `dev` with nothing to do takes, against a program with one resource of each plugin it uses:
 * the floor, since no program that needs those plugins can be faster. Same engine, same cluster, in turn.
 */
const pairs = 5;
const target = 1.5;
const loadTarget = 0.6;

const report = consoleReport();
const lab = await up(report);
await ensureEngine(report);
const site = await labStack(lab);
await site.prepare();
await succeed("up of dev", () => site.pulumi(["up", "--yes", "--skip-preview"]));

const scratch = mkdtempSync(join(tmpdir(), "bench-preview-"));
try {
    const floor = await program("floor");
    const empty = await program("empty");
    const fresh = new Stack("dev", join(scratch, "fresh"), lab.kubeconfig, "bench");
    await fresh.prepare();
    fresh.set(nameAnew);

    const unchanged = ["preview", "--expect-no-changes"];
    const sides = {
        dev: () => site.pulumi(unchanged),
        floor: () => floor(unchanged),
        empty: () => empty(unchanged),
        "new stack": () => fresh.pulumi(["preview"]),
    };
    const seconds = new Map(Object.keys(sides).map((name) => [name, [] as number[]]));
    // The first round warms the disk's cache and is not counted.
    for (let round = 0; round <= pairs; round += 1) {
        for (const [name, preview] of Object.entries(sides)) {
            const begun = performance.now();
            await succeed(`preview of ${name}`, preview);
            if (round > 0) seconds.get(name)?.push((performance.now() - begun) / 1000);
        }
    }
    const load = await loadSeconds();
    for (const [name, values] of seconds) console.log(`${name.padEnd(10)} ${show(values)}`);
    console.log(`load       ${show(load)} (target at most ${loadTarget.toString()} s)`);
    const ratioTo = (name: string): number[] =>
        (seconds.get("dev") ?? []).map((value, index) => value / (seconds.get(name)?.[index] ?? NaN));
    console.log(`against an empty program: ${median(ratioTo("empty")).toFixed(2)}`);
    const ratio = median(ratioTo("floor"));
    await floor(["destroy", "--yes", "--skip-preview"]);
    console.log(`bench preview: ${ratio.toFixed(2)} (target at most ${target.toString()})`);
    if (ratio > target || median(load) > loadTarget) process.exitCode = 1;
} finally {
    rmSync(scratch, { recursive: true, force: true });
}

/** Brings a program of `programs/` up with state of its own, and returns how to run the engine on it. */
async function program(name: string): Promise<(args: string[]) => ReturnType<typeof run>> {
    const state = join(scratch, name);
    mkdirSync(state);
    writeFileSync(join(state, "passphrase"), "bench\n");
    const env = {
        ...site.environment(),
        PULUMI_BACKEND_URL: `file://${state}`,
        PULUMI_CONFIG_PASSPHRASE_FILE: join(state, "passphrase"),
    };
    const file = join(state, "Pulumi.bench.yaml");
    const folder = join(import.meta.dirname, "programs", name);
    const engine = (args: string[]): ReturnType<typeof run> => {
        return run(
            ["npx", "pulumi", ...args, "--stack", "bench", "--config-file", file, "--cwd", folder, "--non-interactive"],
            {
                env,
            },
        );
    };
    // As with the site's own stack: `stack init` writes the stack file beside the Pulumi.yaml it sees.
    copyFileSync(join(folder, "Pulumi.yaml"), join(state, "Pulumi.yaml"));
    const init = ["npx", "pulumi", "stack", "init", "bench", "--cwd", state, "--non-interactive"];
    await succeed(`stack ${name}`, () => run(init, { env }));
    await succeed(`up of ${name}`, () => engine(["up", "--yes", "--skip-preview"]));
    return engine;
}

async function succeed(what: string, command: () => ReturnType<typeof run>): Promise<void> {
    const result = await command();
    if (result.code !== 0) throw new Error(`${what} failed:\n${result.stdout}${result.stderr}`);
}

/** Gives the settings of `dev` names of their own: two stacks of one cluster cannot have the same, and a preview says so. */
function nameAnew(config: Record<string, unknown>): void {
    const section = (key: string): Record<string, unknown> => config[key] as Record<string, unknown>;
    const name = "bench-preview";
    config["siteregistry:registry"] = {
        ...section("siteregistry:registry"),
        ...{ name, namespace: name, host: `${name}.site.test`, proof: { namespace: `${name}-proof` } },
        pullSecret: { name, namespaces: ["default"] },
    };
    config["siteregistry:nodeTrust"] = { ...section("siteregistry:nodeTrust"), namespace: `${name}-trust` };
}

/** How long the program's own modules take to load, once the SDK is there: its runner has loaded that before. */
async function loadSeconds(): Promise<number[]> {
    const script =
        'await import("./compileCache.js"); await import("@pulumi/pulumi"); const begun = performance.now(); await import("./settings.ts"); await import("./site.ts"); console.log(performance.now() - begun);';
    const values: number[] = [];
    for (let round = 0; round <= pairs; round += 1) {
        const result = await run([process.execPath, "--input-type=module", "--eval", script]);
        if (result.code !== 0) throw new Error(result.stderr);
        if (round > 0) values.push(Number(result.stdout) / 1000);
    }
    return values;
}

function show(values: readonly number[]): string {
    return `${median(values).toFixed(2)} s (${values.map((value) => value.toFixed(2)).join(", ")})`;
}
