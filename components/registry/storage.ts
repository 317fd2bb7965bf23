import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { createBucket, type RegistryS3Args } from "./storage/bucket.ts";
import { createClaim } from "./storage/claim.ts";
import { createFixedVolume } from "./storage/fixedVolume.ts";
import { writersOf, type Writers } from "./storage/writers.ts";

/** An NFS export that holds the images. */
export interface RegistryNfsArgs {
    /** Host name or address of the server, as nodes know it. */
    server: pulumi.Input<string>;
    /** Exported directory. */
    path: pulumi.Input<string>;
    /** Options of the mount. */
    mountOptions: pulumi.Input<pulumi.Input<string>[]>;
}

/** A directory of one node that holds the images. */
export interface RegistryHostPathArgs {
    /** Directory, which must be there. */
    path: pulumi.Input<string>;
    /** Value of the node's label `kubernetes.io/hostname`. */
    node: pulumi.Input<string>;
}

/** A directory that goes with its pod. */
export interface RegistryEmptyDirArgs {
    /** Size at which the pod is ended, such as `10Gi`. */
    sizeLimit: pulumi.Input<string>;
}

/** Where the images are kept. */
export interface RegistryStorageArgs {
    /** What holds them; the section of that name says more. Plain, because it decides which resources exist. */
    kind: "volume" | "nfs" | "hostPath" | "s3" | "emptyDir";
    /** Size of a volume, as Kubernetes writes it, such as `20Gi`. */
    size: pulumi.Input<string>;
    /** StorageClass of a `volume`. Without it, the cluster's default. */
    storageClass?: pulumi.Input<string> | undefined;
    /** Who may write to a `volume` at once. Plain, because rollouts follow it. */
    accessMode: "ReadWriteOnce" | "ReadWriteOncePod" | "ReadWriteMany";
    /** A claim in the namespace to use as the `volume` instead of making one. Never deleted. */
    existingClaim?: string | undefined;
    /** Whether deleting the component leaves a `volume`, and the namespace it is in, in place. */
    keepOnDestroy: boolean;
    /** For `nfs`. */
    nfs?: RegistryNfsArgs | undefined;
    /** For `hostPath`. */
    hostPath?: RegistryHostPathArgs | undefined;
    /** For `s3`. */
    s3?: RegistryS3Args | undefined;
    /** For `emptyDir`. */
    emptyDir?: RegistryEmptyDirArgs | undefined;
}

/** What storage asks of the registry's pods. */
export interface RegistryStorage {
    /** The pod's volume `storage`, for what is kept in files. */
    volume?: k8s.types.input.core.v1.Volume;
    /** The section of distribution's `storage` that says where images are. No secret is in it. */
    driver: Record<string, unknown>;
    /** Secret variables of the registry's container. A change of one must restart it. */
    environment?: Record<string, pulumi.Output<string>>;
    /** Roots for the driver's connections: a volume, its mount, and the variable that names it. */
    trust?: {
        volume: k8s.types.input.core.v1.Volume;
        mount: k8s.types.input.core.v1.VolumeMount;
        variable: k8s.types.input.core.v1.EnvVar;
    };
    /** Who may write at once: rollouts follow it. */
    writers: Writers;
    /** Whether clients may be sent to the storage itself. */
    redirect: boolean;
    /** Name of the claim, where there is one. */
    claimName?: pulumi.Output<string>;
}

/** What storage is made with. */
export interface StoragePlace {
    /** Name of the claim, and prefix of what else there is. */
    objectName: string;
    namespace: string;
    labels: Record<string, string>;
    /** Where distribution keeps its files inside the container. */
    directory: string;
}

/** Makes what holds the images. */
export function createStorage(
    name: string,
    args: RegistryStorageArgs,
    place: StoragePlace,
    opts: pulumi.CustomResourceOptions & { parent: pulumi.Resource },
): RegistryStorage {
    return { writers: writersOf(args), ...createKind(name, args, place, opts) };
}

function createKind(
    name: string,
    args: RegistryStorageArgs,
    place: StoragePlace,
    opts: pulumi.CustomResourceOptions & { parent: pulumi.Resource },
): Omit<RegistryStorage, "writers"> {
    const driver = { filesystem: { rootdirectory: place.directory } };
    switch (args.kind) {
        case "volume":
            return { driver, redirect: false, ...createClaim(name, args, place, opts) };
        case "nfs":
        case "hostPath":
            return { driver, redirect: false, ...createFixedVolume(name, args, place, opts) };
        case "s3":
            if (args.s3 === undefined) throw new Error("storage.s3: is missing; the kind s3 needs it");
            return createBucket(name, args.s3, place, opts);
        case "emptyDir": {
            const limit = args.emptyDir === undefined ? {} : { sizeLimit: args.emptyDir.sizeLimit };
            return { driver, redirect: false, volume: { name: "storage", emptyDir: limit } };
        }
    }
}

/** Whether deleting the registry leaves its volume, and so its namespace: a claim that was given is never ours to delete. */
export function keepsVolume(args: RegistryStorageArgs): boolean {
    return args.kind === "volume" && (args.keepOnDestroy || args.existingClaim !== undefined);
}

/** The arguments with their keys marked as secrets: a component's arguments are kept in the state. */
export function withSecrets(args: RegistryStorageArgs): RegistryStorageArgs {
    if (args.s3 === undefined) return args;
    const { accessKey, secretKey } = args.s3;
    return { ...args, s3: { ...args.s3, accessKey: pulumi.secret(accessKey), secretKey: pulumi.secret(secretKey) } };
}
