import assert from "node:assert/strict";

import { isPersistent, readPreview } from "../../tools/review/preview.ts";
import type { RecordedSite } from "./recordedSite.ts";
import type { RecordedState } from "./recordedState.ts";

/** Previews that the API server refuses; `up --skip-preview` is the way then. */
const refusedDryRuns: Record<string, RegExp> = {
    // What the plugin created and never updated it does not own in a dry run, so old and new probe stand side by side in it.
    "issue-3": /livenessProbe\.tcpSocket: Forbidden: may not specify more than 1 handler type/,
};

/** Today's program's preview of a restored site replaces and deletes nothing persistent, and fails only where that is known. */
export async function previewUpgrade(site: RecordedSite): Promise<void> {
    const { stdout, stderr } = await site.stack.pulumi(["preview", "--json"]);
    const preview = readPreview(stdout);
    const refused = refusedDryRuns[site.name];
    if (refused === undefined) assert.deepEqual(preview.errors, [], stderr);
    else assert.match(preview.errors.join("\n"), refused);
    const gone = preview.changes.filter(({ action }) => action === "replaced" || action === "deleted");
    assert.deepEqual(
        gone.filter(({ persistent }) => persistent),
        [],
    );
    // Pods that run name these.
    assert.deepEqual(
        gone.filter(({ type, name }) => type.endsWith(":Secret") && name.includes("-pull-")),
        [],
    );
}

/** Today's program brings a restored site up, keeps whatever is persistent as it was, and has nothing to do then. */
export async function upgrade(site: RecordedSite): Promise<void> {
    const before = lasting(await site.state("--show-secrets"));
    assert.ok(Object.keys(before).length > 1);
    await site.succeed(["up", "--yes", "--skip-preview"]);
    const after = lasting(await site.state("--show-secrets"));
    for (const [urn, one] of Object.entries(before)) assert.equal(after[urn], one, urn);
    await site.succeed(["preview", "--expect-no-changes"]);
}

/** What must stay as it is, by URN: its id, and of keys and passwords what is made of chance. */
function lasting(state: RecordedState): Record<string, string> {
    return Object.fromEntries(
        state.deployment.resources
            .filter(({ type, external }) => isPersistent(type) && external !== true)
            .map(({ urn, id = "", outputs = {} }) => {
                const { privateKeyPem, publicKeyPem, result, certPem, token } = outputs;
                return [urn, JSON.stringify([id, privateKeyPem, publicKeyPem, result, certPem, token])];
            }),
    );
}
