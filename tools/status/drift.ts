import type { Engine } from "../ca/engine.ts";
import { Refusal } from "../ca/refusal.ts";

/** What a refresh would change in the state: something is not as the last `up` left it. */
export interface Drift {
    /** Type and logical name, and what became of it: `update`, `delete`. */
    readonly resource: string;
    readonly change: string;
}

/** Asks the engine what a refresh would find, and changes nothing. Refuses where the engine cannot tell. */
export async function findDrift(engine: Engine): Promise<Drift[]> {
    const answer = await engine.refreshPreview();
    if (answer.code !== 0) {
        const words = answer.stderr.trim() || answer.stdout.trim().slice(-500);
        throw new Refusal(
            `a refresh of the stack ${engine.stack} failed: ${words}`,
            "leave --refresh out, or mend that first",
        );
    }
    return driftIn(answer.stdout);
}

/** The steps of `pulumi refresh --preview-only --json` that are changes. */
export function driftIn(text: string): Drift[] {
    const { steps } = JSON.parse(text) as { steps?: { op: string; urn: string }[] };
    if (steps === undefined) throw new Error("the engine's answer to a refresh has no steps");
    return steps
        .filter(({ op, urn }) => op !== "same" && op !== "refresh" && !urn.includes("::pulumi:"))
        .map(({ op, urn }) => {
            const [type = "", name = ""] = urn.split("::").slice(-2);
            return { resource: `${type.split("$").at(-1) ?? type} ${name}`, change: op };
        });
}
