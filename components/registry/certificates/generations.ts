import * as pulumi from "@pulumi/pulumi";

import { createAuthority, type Authority, type OwnAuthorityArgs } from "./authority.ts";

/** Which generations of an authority of our own there are. */
export interface GenerationsArgs {
    /** Generations whose roots clients trust, ascending, each a whole number from 1. Each is a set of resources of its own. */
    trusted: readonly number[];
    /** The one of them that signs the server certificate. */
    signing: number;
}

/** What there is where nobody has asked for more. */
export const firstGeneration: GenerationsArgs = { trusted: [1], signing: 1 };

/** The authority that signs, with the roots of all generations. */
export interface Generations {
    /** `caBundle` and `expiry` are those of all trusted roots. */
    authority: Authority;
    /** Root of each trusted generation, PEM, by its number. Not secret. */
    roots: Record<string, pulumi.Output<string>>;
}

/** Makes every trusted generation. One that is no longer trusted goes, with its key. */
export function createGenerations(
    name: string,
    generations: GenerationsArgs,
    args: OwnAuthorityArgs,
    parent: pulumi.Resource,
): Generations {
    const made = new Map(
        generations.trusted.map((number) => [number, createAuthority(name, number, args, parent)] as const),
    );
    const signing = made.get(generations.signing);
    if (signing === undefined)
        throw new pulumi.RunError("certificate.ca.signing: must be one of certificate.ca.trusted");
    const all = [...made.values()];
    const roots = all.map(({ certificate }) => certificate);
    return {
        authority: {
            ...signing,
            // A single root stays the text that it is: nothing rolls out for a line break.
            caBundle:
                all.length === 1 ? signing.caBundle : pulumi.all(roots).apply((pems) => pems.map(closed).join("")),
            expiry: pulumi.all(all.map(({ expiry }) => expiry)).apply(earliest),
        },
        roots: Object.fromEntries([...made].map(([number, { certificate }]) => [number.toString(), certificate])),
    };
}

function closed(pem: string): string {
    return `${pem.trimEnd()}\n`;
}

function earliest(moments: readonly string[]): string {
    const [first = "", ...others] = moments;
    return others.reduce((one, other) => (Date.parse(other) < Date.parse(one) ? other : one), first);
}
