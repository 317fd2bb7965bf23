/** What an update made of storage. The next one compares it with what is then wanted. */
export interface StorageFacts {
    kind: string;
    /** Name of the registry's objects, and of the claim it makes. */
    name: string;
    namespace: string;
    /** Whether the namespace was made, and so is this stack's to delete. */
    createNamespace: boolean;
    size: string;
    storageClass?: string | undefined;
    accessMode: string;
    /** The claim that was given. Without it, one was made. */
    existingClaim?: string | undefined;
    keepOnDestroy: boolean;
}

/** What stays after `pulumi destroy`, and how it goes on. Shown by the preview of a destroy, as an output that goes away. */
export interface KeptVolume {
    /** The claim, its volume and the namespace, in words. */
    stays: string;
    /** The two commands after which `pulumi up` takes claim and namespace again. */
    useAgain: string[];
    /** The two commands that remove volume and images for good. */
    removeForGood: string[];
}

/** Tells of a claim that stays. `volume` is the name of its PersistentVolume. */
export function keptVolume(namespace: string, claim: string, volume: string): KeptVolume {
    const set = "npx pulumi config set --path siteregistry:registry";
    const patch = `--patch '{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}'`;
    return {
        stays: `the claim ${claim} with its images, its volume ${volume}, and the namespace ${namespace} stay`,
        useAgain: [`${set}.createNamespace false`, `${set}.storage.existingClaim ${claim}`],
        removeForGood: [`kubectl patch persistentvolume ${volume} ${patch}`, `kubectl delete namespace ${namespace}`],
    };
}
