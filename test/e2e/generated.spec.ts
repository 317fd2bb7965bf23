import assert from "node:assert/strict";

import { current } from "../../lab/lab.ts";
import { proveDryRuns } from "../support/generatedDryRuns.ts";

describe("generated settings on the API server", () => {
    it("50 configurations: every object is accepted as a dry run, or a setting is refused by key", async () => {
        const lab = await current();
        assert.ok(lab !== undefined, "the lab is not up: npm run lab -- up");
        await proveDryRuns(lab, 50);
    });
});
