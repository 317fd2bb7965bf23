import { readFileSync } from "node:fs";
import { join } from "node:path";

import { run } from "../lab/machines/command.ts";
import { checkout } from "../lab/paths.ts";

/** Runs every bench that package.json has, one after the other whatever comes of each, and ends with a table. */
const { scripts } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
};
const names = Object.keys(scripts).filter((name) => name.startsWith("bench:"));

const rows: { bench: string; met: string; minutes: string; result: string }[] = [];
for (const name of names) {
    console.log(`\n--- ${name}`);
    const begun = performance.now();
    const show = (text: string): void => void process.stdout.write(text);
    const { code, stdout, stderr } = await run(["npm", "run", "--silent", name], { cwd: checkout, onOutput: show });
    rows.push({
        bench: name,
        met: code === 0 ? "yes" : "no",
        minutes: ((performance.now() - begun) / 60_000).toFixed(1),
        result: resultOf(stdout) ?? `no result: ${lastLine(stderr) ?? `it ended with ${code.toString()}`}`,
    });
    if (code !== 0) process.exitCode = 1;
}

console.log();
const heading = { bench: "bench", met: "met", minutes: "min", result: "result" };
const width = Math.max(...names.map((name) => name.length));
for (const { bench, met, minutes, result } of [heading, ...rows]) {
    console.log(`${bench.padEnd(width)}  ${met.padEnd(3)}  ${minutes.padStart(5)}  ${result}`);
}

/** What a bench says last of itself: `bench NAME: RATIO (target …)`. */
function resultOf(output: string): string | undefined {
    return [...output.matchAll(/^bench \w+: (.*)$/gm)].at(-1)?.[1];
}

function lastLine(text: string): string | undefined {
    return text.trim().split("\n").filter(Boolean).at(-1);
}
