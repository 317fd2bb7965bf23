import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import type { RegistryStorage, RegistryStorageArgs, StoragePlace } from "../storage.ts";

/**
 * Makes a volume at a place that is named, and the claim on it. A volume and not an entry in the pod, since only a volume
 * has mount options, ties the pod to the node of a directory, and is allowed by the `restricted` Pod Security Standard.
 * What is in the place is never deleted.
 */
export function createFixedVolume(
    name: string,
    args: RegistryStorageArgs,
    place: StoragePlace,
    opts: pulumi.CustomResourceOptions & { parent: pulumi.Resource },
): Pick<Required<RegistryStorage>, "volume" | "claimName"> {
    const shared = args.kind === "nfs";
    const accessModes = [shared ? "ReadWriteMany" : "ReadWriteOnce"];
    const volume = new k8s.core.v1.PersistentVolume(
        `${name}-storage-volume`,
        {
            metadata: { name: `${place.namespace}-${place.objectName}`, labels: place.labels },
            spec: {
                accessModes,
                capacity: { storage: args.size },
                persistentVolumeReclaimPolicy: "Retain",
                storageClassName: "",
                // No other claim can take it.
                claimRef: { namespace: place.namespace, name: place.objectName },
                ...source(args),
            },
        },
        // It names its namespace only in a reference, and the claim's deletion must come first.
        { parent: opts.parent },
    );
    const claim = new k8s.core.v1.PersistentVolumeClaim(
        `${name}-storage`,
        {
            metadata: { name: place.objectName, namespace: place.namespace, labels: place.labels },
            spec: {
                accessModes,
                resources: { requests: { storage: args.size } },
                storageClassName: "",
                volumeName: volume.metadata.name,
            },
        },
        opts,
    );
    const claimName = claim.metadata.name;
    return {
        claimName,
        volume: { name: "storage", persistentVolumeClaim: { claimName } },
    };
}

function source(args: RegistryStorageArgs): k8s.types.input.core.v1.PersistentVolumeSpec {
    if (args.kind === "nfs") {
        if (args.nfs === undefined) throw new Error("storage.nfs: is missing; the kind nfs needs it");
        const { mountOptions, ...export_ } = args.nfs;
        return { mountOptions, nfs: export_ };
    }
    if (args.hostPath === undefined) throw new Error("storage.hostPath: is missing; the kind hostPath needs it");
    // `local` and not `hostPath`: the kubelet hands such a volume to the registry's group.
    return {
        local: { path: args.hostPath.path },
        nodeAffinity: {
            required: {
                nodeSelectorTerms: [
                    {
                        matchExpressions: [
                            { key: "kubernetes.io/hostname", operator: "In", values: [args.hostPath.node] },
                        ],
                    },
                ],
            },
        },
    };
}
