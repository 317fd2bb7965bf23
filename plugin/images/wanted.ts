/** One manifest that the registry shall have. */
export interface Wanted {
    /** Full reference at its source. */
    readonly image: string;
    /** Path in the registry. */
    readonly repository: string;
    /** Undefined where it is found by digest alone. */
    readonly tag?: string;
    readonly digest: string;
    /** Whether it belongs to an image and is none itself. */
    readonly attached?: true;
    /** Digest of what it points to, where it is an artifact of that. */
    readonly subject?: string;
}

/** Its name in the registry, without the host. */
export function nameOf({ repository, tag, digest }: Wanted): string {
    return tag === undefined ? `${repository}@${digest}` : `${repository}:${tag}`;
}
