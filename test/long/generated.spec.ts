import { proveDryRuns } from "../support/generatedDryRuns.ts";
import { runningLab } from "../support/runningLab.ts";

/** How many: `GENERATED_CASES` of the environment, or the number that a long run is to have. */
const cases = Number(process.env.GENERATED_CASES ?? 10_000);

describe("many generated settings on the API server", () => {
    it(`${cases.toString()} configurations: every object is accepted as a dry run, or a setting is refused by key`, async function () {
        this.timeout(3_600_000);
        await proveDryRuns(await runningLab(), cases);
    });
});
