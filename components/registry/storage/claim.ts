import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import type { RegistryStorage, RegistryStorageArgs, StoragePlace } from "../storage.ts";

type Claimed = Pick<Required<RegistryStorage>, "volume" | "claimName">;

/** Makes the claim for a volume of the cluster, or uses the one that is given. */
export function createClaim(
    name: string,
    args: RegistryStorageArgs,
    place: StoragePlace,
    opts: pulumi.CustomResourceOptions & { parent: pulumi.Resource },
): Claimed {
    const claimName =
        args.existingClaim === undefined
            ? makeClaim(name, args, place, opts).metadata.name
            : pulumi.output(args.existingClaim);
    return {
        claimName,
        volume: { name: "storage", persistentVolumeClaim: { claimName } },
    };
}

function makeClaim(
    name: string,
    args: RegistryStorageArgs,
    place: StoragePlace,
    opts: pulumi.CustomResourceOptions & { parent: pulumi.Resource },
): k8s.core.v1.PersistentVolumeClaim {
    return new k8s.core.v1.PersistentVolumeClaim(
        `${name}-storage`,
        {
            metadata: { name: place.objectName, namespace: place.namespace, labels: place.labels },
            spec: {
                accessModes: [args.accessMode],
                resources: { requests: { storage: args.size } },
                ...(args.storageClass === undefined ? {} : { storageClassName: args.storageClass }),
            },
        },
        { ...opts, retainOnDelete: args.keepOnDestroy },
    );
}

/**
 * Sets the volume behind a claim to `Retain`, so that it outlives its claim and its namespace.
 * Which volume that is shows only once a pod uses the claim, so it waits for `server`. Returns the volume's name.
 */
export function retainVolume(
    name: string,
    claim: { namespace: string; name: pulumi.Output<string> },
    server: pulumi.CustomResource,
    opts: pulumi.CustomResourceOptions & { parent: pulumi.Resource },
): pulumi.Output<string> {
    // The server's id is unknown in the preview of a new stack: nothing is read before it is there.
    const id = pulumi.all([server.id, claim.name]).apply(([, claimName]) => `${claim.namespace}/${claimName}`);
    const bound = k8s.core.v1.PersistentVolumeClaim.get(`${name}-storage-bound`, id, { parent: opts.parent });
    const volume = new k8s.core.v1.PersistentVolumePatch(
        `${name}-storage-volume`,
        {
            metadata: {
                name: bound.spec.volumeName,
                // The field belongs to the provisioner, which wrote it once.
                annotations: { "pulumi.com/patchForce": "true" },
            },
            spec: { persistentVolumeReclaimPolicy: "Retain" },
        },
        { ...opts, retainOnDelete: true },
    );
    return volume.metadata.name;
}
