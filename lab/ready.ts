import { ensureEngine } from "./engine.ts";
import { up } from "./lab.ts";
import { runProgram } from "./program.ts";
import { consoleReport } from "./report.ts";

// Brings up what the end-to-end tests need, in front of the person's eyes: the lab and the engine.
await runProgram(async () => {
    const report = consoleReport();
    await up(report);
    await ensureEngine(report);
});
