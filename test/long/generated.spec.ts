import assert from "node:assert/strict";

import { current } from "../../lab/lab.ts";
import { proveDryRuns } from "../support/generatedDryRuns.ts";

/** How many: `GENERATED_CASES` of the environment, or the number that a long run is to have. */
const cases = Number(process.env.GENERATED_CASES ?? 10_000);

describe("many generated settings on the API server", () => {
    it(`${cases.toString()} configurations: every object is accepted as a dry run, or a setting is refused by key`, async function () {
        this.timeout(3_600_000);
        const lab = await current();
        assert.ok(lab !== undefined, "the lab is not up: npm run lab -- up");
        await proveDryRuns(lab, cases);
    });
});
