import { ensureEngine } from "./engine.ts";
import { up } from "./lab.ts";
import { consoleReport } from "./report.ts";

/** Brings up what the end-to-end tests need, in front of the person's eyes: the lab and the engine. */
try {
    const report = consoleReport();
    await up(report);
    await ensureEngine(report);
} catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
}
