import { runningLab } from "../support/runningLab.ts";
import { RecordedSite } from "../support/recordedSite.ts";
import { recordedNames } from "../support/recordedState.ts";
import { previewUpgrade, upgrade } from "../support/upgrade.ts";

/** The oldest, which has the longest way, one that needs no cluster, and one whose preview reads what is there. `test/long` brings all of them up. */
const broughtUp = ["issue-3", "issue-6", "issue-8-okd"];

/**
 * What the program of an earlier issue has left of a site (`npm run record`), brought to today's: the objects that the state tells of
 * are made again on the lab, and today's program runs. What is elsewhere, in a Harbor, an OKD cluster or on a machine, is made by today's
 * program first, with the recorded keys and passwords, where the site is brought up.
 */
describe("upgrades: the recorded states of earlier programs lose nothing persistent", () => {
    for (const name of recordedNames()) {
        const whole = broughtUp.includes(name);
        it(`${name}: by preview${whole ? " and up, and then there is nothing to do" : ""}`, async () => {
            const lab = await runningLab();
            const site = new RecordedSite(name, lab);
            try {
                await site.prepare();
                // What is not on the lab would be made by the very program that is to be previewed.
                await (whole || !site.isRemade ? site.restore({ running: whole }) : site.adopt());
                await previewUpgrade(site);
                if (whole) await upgrade(site);
            } finally {
                await site.remove();
            }
        });
    }
});
