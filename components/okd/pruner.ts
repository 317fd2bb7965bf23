import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import type { PrunerArgs } from "./okdRegistryArgs.ts";

/** How the cluster clears its registry. The object is there already; without the stack its operator goes by its own defaults. */
export function createPruner(name: string, args: PrunerArgs, opts: pulumi.CustomResourceOptions): void {
    const { schedule, keepTagRevisions, keepYoungerThan, suspend } = args;
    new k8s.apiextensions.CustomResourcePatch(
        `${name}-pruner`,
        {
            apiVersion: "imageregistry.operator.openshift.io/v1",
            kind: "ImagePruner",
            // The operator wrote these fields when it made the object.
            metadata: { name: "cluster", annotations: { "pulumi.com/patchForce": "true" } },
            spec: { schedule, keepTagRevisions, keepYoungerThanDuration: keepYoungerThan, suspend },
        },
        opts,
    );
}
