import { runningLab } from "../support/runningLab.ts";
import { RecordedSite } from "../support/recordedSite.ts";
import { recordedNames } from "../support/recordedState.ts";
import { upgrade } from "../support/upgrade.ts";

describe("upgrades: every recorded state of an earlier program is brought up", () => {
    for (const name of recordedNames()) {
        it(`${name}: nothing persistent is replaced, and then there is nothing to do`, async () => {
            const lab = await runningLab();
            const site = new RecordedSite(name, lab);
            try {
                await site.prepare();
                await site.restore();
                await upgrade(site);
            } finally {
                await site.remove();
            }
        });
    }
});
