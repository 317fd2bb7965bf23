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
