import * as pulumi from "@pulumi/pulumi";

import { mirrorSetFacts, type MirrorSetFacts } from "../components/okd/mirrorSets.ts";
import type { PlainSettings } from "./schema.ts";

/**
 * Refuses changes of `okd.mirrorSets` that nobody has confirmed: they drain and restart nodes. `last` are the outputs of the last update.
 * Throws one `RunError` before any resource is registered, in preview as well.
 */
export function refuseUnconfirmedDrain(settings: PlainSettings, last: Readonly<Record<string, unknown>>): void {
    const refused = unconfirmedDrains(last.mirrorSets as MirrorSetFacts | undefined, settings.okd);
    if (refused.length === 0) return;
    throw new pulumi.RunError(
        `the cluster would drain and restart its nodes, so nothing was done:\n  ${refused.join("\n  ")}`,
    );
}

/** One line for each set that is made, changed or taken out without a word. Empty where nodes stay as they are, or may be drained. */
export function unconfirmedDrains(before: MirrorSetFacts | undefined, okd: PlainSettings["okd"]): string[] {
    const { drainConfirmed = false, sets = {} } = before ?? {};
    const { drainConfirmed: confirmed, sets: now } =
        okd === undefined ? { drainConfirmed: false, sets: {} } : mirrorSetFacts(okd);
    const confirm = "set okd.confirmNodeDrain to true once that may happen";
    // The engine protects a set that was last confirmed by nobody, until an update has taken that back.
    const first = "first set okd.confirmNodeDrain to true and run `npx pulumi up`, then take it out";
    const lines: string[] = [];
    for (const [name, mirrors] of Object.entries(now)) {
        const was = sets[name];
        if (confirmed || was === mirrors) continue;
        const [key, what] = [`okd.mirrorSets: ${name}`, was === undefined ? "is new" : "is another one than before"];
        const cost =
            was === undefined && name.startsWith("digest ")
                ? "making it drains no node, but every change of it does, and taking it out"
                : "every node is drained and restarted, one after the other";
        lines.push(`${key} ${what}: ${cost}; ${confirm}`);
    }
    for (const name of Object.keys(sets)) {
        if (name in now || (drainConfirmed && (confirmed || okd === undefined))) continue;
        const remedy = drainConfirmed ? confirm : first;
        lines.push(
            `okd.mirrorSets: ${name} is taken out: every node is drained and restarted, one after the other; ${remedy}`,
        );
    }
    return lines;
}
