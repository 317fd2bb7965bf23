import * as pulumi from "@pulumi/pulumi";

import type { HostStatus } from "../components/nodeTrust/host.ts";
import { fingerprintOf } from "../components/preflight/nodeEvidence.ts";
import { firstGeneration, type GenerationsArgs } from "../components/registry/certificates/generations.ts";
import { certificatesIn } from "../components/registry/certificates/pem.ts";
import { checkBegun } from "./certificates/check.ts";
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
    const wanted = certificate.ca ?? firstGeneration;
    const problems = [
        ...rotationMistakes(before, wanted),
        ...machinesBehind(before, wanted, settings.nodeTrust?.hosts ?? [], last.machines),
        ...clockMistakes(before, wanted, new Date()),
    ];
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

/**
 * Machines over SSH that do not show the root that shall sign: pulls there would fail. They show it by what they said in the last
 * update, `machines` of its outputs, since nobody asks them between two. One that is new, or goes, pulls nothing by this trust.
 */
export function machinesBehind(
    before: RotationFacts,
    { signing }: GenerationsArgs,
    hosts: readonly { name: string }[],
    machines: unknown,
): string[] {
    const root = before.roots[signing.toString()];
    if (signing === before.signing || root === undefined) return [];
    const print = fingerprintOf(root);
    const known = (Array.isArray(machines) ? machines : []) as Partial<HostStatus>[];
    const behind = known.filter(
        ({ host, roots = [] }) => hosts.some(({ name }) => name === host) && !roots.includes(print),
    );
    if (behind.length === 0) return [];
    const names = behind.map(({ host = "", bundle }) => `${host} (bundle ${bundle ?? "unknown"})`).join(", ");
    const is = `registry.certificate.ca.signing: is ${signing.toString()}, was ${before.signing.toString()}`;
    const why = `machines over SSH do not show the root of generation ${signing.toString()}: ${names}`;
    const steps = "set it back, run `npx pulumi up`, which writes there, then change this";
    return [`${is}; ${why}; ${steps}. Until then pulls there would fail`];
}

/** Authorities of the stack's own that have not begun by this machine's clock, which must be wrong then. One that has ended is renewed. */
export function clockMistakes(before: RotationFacts, { trusted }: GenerationsArgs, now: Date): string[] {
    return trusted.flatMap((generation) =>
        certificatesIn(before.roots[generation.toString()] ?? "").flatMap((root) =>
            checkBegun(`registry.certificate.ca: generation ${generation.toString()}`, root, now),
        ),
    );
}
