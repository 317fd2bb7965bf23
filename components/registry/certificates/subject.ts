/** Who a certificate is for, as people see it in a browser. */
export interface SubjectArgs {
    /** Common name, at most 64 characters. */
    commonName?: string | undefined;
    /** Organization, at most 64 characters. */
    organization: string;
}

/** A common name holds at most 64 characters (RFC 5280, ub-common-name), and clients do not read it. */
export function serverCommonName(subject: SubjectArgs, names: readonly string[]): string {
    return (subject.commonName ?? names[0] ?? "").slice(0, 64);
}

/**
 * The common name of one generation of an authority. A given name gets the number behind it from the second generation on:
 * people and some clients know a root by its name, and would take one root for the other.
 */
export function authorityCommonName(
    name: string,
    generation: number,
    subject: Pick<SubjectArgs, "commonName">,
): string {
    const { commonName } = subject;
    if (commonName === undefined) return `${name} CA ${generation.toString()}`;
    const number = generation === 1 ? "" : ` ${generation.toString()}`;
    return `${commonName.slice(0, 64 - number.length)}${number}`;
}
