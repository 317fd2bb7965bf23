/** What an update made of storage. The next one compares it with what is then wanted. */
export interface StorageFacts {
    kind: string;
    /** Name of the registry's objects, and of the claim it makes. */
    name: string;
    namespace: string;
    /** Whether the namespace was made, and so is this stack's to delete. */
    createNamespace: boolean;
    /** Of the kind `volume`, as are all below. */
    size?: string | undefined;
    storageClass?: string | undefined;
    accessMode?: string | undefined;
    /** The claim that was given. Without it, one was made. */
    existingClaim?: string | undefined;
    keepOnDestroy?: boolean | undefined;
}
