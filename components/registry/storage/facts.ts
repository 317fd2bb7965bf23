import * as pulumi from "@pulumi/pulumi";

import type { RegistryStackArgs } from "../registryStackArgs.ts";

/** What an update made of storage. The next one compares it with what is then wanted. */
export interface StorageFacts {
    /** Kind of storage, as in the settings. */
    kind: string;
    /** Name of the registry's objects, and of the claim it makes. */
    name: string;
    /** Namespace of the registry. */
    namespace: string;
    /** Whether the namespace was made, and so is this stack's to delete. */
    createNamespace: boolean;
    /** Of the kind `volume`, as are all below. */
    size?: string | undefined;
    /** Class that was asked for. Without it, the cluster's default. */
    storageClass?: string | undefined;
    /** Who may write at once, as Kubernetes has it. */
    accessMode?: string | undefined;
    /** The claim that was given. Without it, one was made. */
    existingClaim?: string | undefined;
    /** Whether `destroy` leaves it. */
    keepOnDestroy?: boolean | undefined;
}

/**
 * What the next update compares with. Known once `made` is: of what the cluster has taken on, not of what was asked,
 * since an update that failed must not be compared with.
 */
export function storageFacts(args: RegistryStackArgs, made: pulumi.Output<string>): pulumi.Output<StorageFacts> {
    const { kind, size, storageClass, accessMode, existingClaim, keepOnDestroy } = args.storage;
    const volume = { kind, size, storageClass, accessMode, existingClaim, keepOnDestroy };
    const place = { name: args.objectName, namespace: args.namespace, createNamespace: args.createNamespace };
    return pulumi.all([{ ...place, ...volume }, made]).apply(([facts]) => facts);
}
