import * as pulumi from "@pulumi/pulumi";

import { firstGeneration, type GenerationsArgs } from "../components/registry/certificates/generations.ts";
import type { PlainSettings } from "./schema.ts";

/** What the outputs of an update tell of the generations of the stack's own authority. */
export interface RotationFacts {
    /** Roots of the trusted generations, PEM, by number. */
    roots: Readonly<Record<string, string>>;
    /** The generation that signs. */
    signing: number;
    /** The highest generation that any update in a row has trusted: none up to it is made again. */
    highest: number;
}

/** What the last update has left, undefined where its authority was not its own, or where there was none. */
export function rotationFacts(last: Readonly<Record<string, unknown>>): RotationFacts | undefined {
    const { certificateAuthorities: roots, authorityRotation: numbers } = last;
    if (roots === undefined || numbers === undefined) return undefined;
    return { roots: roots as RotationFacts["roots"], ...(numbers as { signing: number; highest: number }) };
}

/**
 * Refuses generations that nobody could go over to without a gap, with the steps that can be taken.
 * Throws one `RunError` before any resource is registered, in preview as well, and without a cluster.
 */
export function refuseBrokenRotation(settings: PlainSettings, last: Readonly<Record<string, unknown>>): void {
    const before = rotationFacts(last);
    const certificate = settings.registry?.certificate;
    if (before === undefined || certificate?.mode !== "own") return;
    const problems = rotationMistakes(before, certificate.ca ?? firstGeneration);
    if (problems.length === 0) return;
    throw new pulumi.RunError(`these changes would break pulls, so nothing was done:\n  ${problems.join("\n  ")}`);
}

/** Why generations cannot follow those of the last update. Empty when they can. */
export function rotationMistakes(before: RotationFacts, { trusted, signing }: GenerationsArgs): string[] {
    const key = "registry.certificate.ca";
    const known = Object.keys(before.roots).map(Number);
    const problems: string[] = [];
    for (const generation of trusted.filter((one) => !known.includes(one) && one <= before.highest)) {
        const why = "it is not there, and a new key under its number would be taken for the old one";
        const above = `take ${(before.highest + 1).toString()} or higher`;
        problems.push(`${key}.trusted: holds ${generation.toString()}; ${why}: ${above}`);
    }
    if (!trusted.includes(before.signing)) {
        const why = "the last update that ended well signed with it, so it is in use";
        const steps = `keep it, set signing to another that is trusted already, run \`npx pulumi up\`, then take it out`;
        problems.push(`${key}.trusted: lacks ${before.signing.toString()}; ${why}: ${steps}`);
    }
    if (!known.includes(signing)) {
        const why = "the last update that ended well did not trust it, so no node and no client does";
        const both = [...new Set([...known, signing])].sort((one, other) => one - other).join(", ");
        const steps = `set trusted to [${both}] and signing to ${before.signing.toString()}, run \`npx pulumi up\`, then change this`;
        problems.push(`${key}.signing: is ${signing.toString()}, was ${before.signing.toString()}; ${why}: ${steps}`);
    }
    return problems;
}
