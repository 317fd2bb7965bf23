import assert from "node:assert/strict";

import { current, type Lab } from "../../lab/lab.ts";
import { isPersistent, readPreview } from "../../tools/review/preview.ts";
import { RecordedSite, recordedNames, type RecordedState } from "../support/recordedSite.ts";

/** Previews that the API server refuses; `up --skip-preview` is the way then. */
const refusedDryRuns: Record<string, RegExp> = {
    // What the plugin created and never updated it does not own in a dry run, so old and new probe stand side by side in it.
    "issue-3": /livenessProbe\.tcpSocket: Forbidden: may not specify more than 1 handler type/,
};

/**
 * What the program of an earlier issue has left of a site (`npm run record`), brought to today's: the objects that the state tells of
 * are made again on the lab, and today's program runs.
 */
describe("upgrades: the recorded states of earlier programs", () => {
    const sites = new Map<string, RecordedSite>();
    let lab: Lab;

    before(async () => {
        const found = await current();
        assert.ok(found !== undefined, "the lab is not up: npm run lab -- up");
        lab = found;
    });

    after(async () => {
        for (const site of sites.values()) await site.remove(lab);
    });

    /** What must stay as it is, by URN: its id, and for keys and passwords all that is derived from it. */
    const lasting = (state: RecordedState): Record<string, string | undefined> =>
        Object.fromEntries(
            state.deployment.resources
                .filter(({ type, external }) => isPersistent(type) && external !== true)
                .map(({ urn, id, outputs = {} }) => [urn, `${id ?? ""} ${JSON.stringify(kept(outputs))}`]),
        );

    for (const name of recordedNames()) {
        it(`${name}: nothing persistent is replaced or deleted, by preview and up, and then there is nothing to do`, async () => {
            const site = new RecordedSite(name, lab);
            sites.set(name, site);
            await site.prepare();
            await site.restore(lab);
            const before = lasting(await site.state("--show-secrets"));
            assert.ok(Object.keys(before).length > 1);
            const { stdout, stderr } = await site.stack.pulumi(["preview", "--json"]);
            const preview = readPreview(stdout);
            const refused = refusedDryRuns[name];
            if (refused === undefined) assert.deepEqual(preview.errors, [], stderr);
            else assert.match(preview.errors.join("\n"), refused);
            const lost = preview.changes.filter(
                ({ persistent, action }) => persistent && (action === "replaced" || action === "deleted"),
            );
            assert.deepEqual(lost, []);
            await site.succeed(["up", "--yes", "--skip-preview"]);
            const after = lasting(await site.state("--show-secrets"));
            for (const [urn, one] of Object.entries(before)) assert.equal(after[urn], one, urn);
            await site.succeed(["preview", "--expect-no-changes"]);
        });
    }
});

/** Of keys and passwords, what is made of chance. */
function kept(outputs: Record<string, unknown>): unknown[] {
    return [outputs.privateKeyPem, outputs.publicKeyPem, outputs.result, outputs.certPem];
}
