import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import type { Labels } from "../kubernetes/labels.ts";

/** What the budget protects. */
export interface DisruptionBudgetArgs {
    objectName: string;
    namespace: pulumi.Input<string>;
    labels: Labels;
    /** Pods of the registry. */
    replicas: number;
}

/**
 * Lets the drain of a node take one pod at a time. There is none for a single pod: it would block every drain,
 * and a pod that is not ready protects nothing, so it may always go.
 */
export function createDisruptionBudget(
    name: string,
    args: DisruptionBudgetArgs,
    opts: pulumi.CustomResourceOptions,
): void {
    if (args.replicas < 2) return;
    new k8s.policy.v1.PodDisruptionBudget(
        `${name}-disruption`,
        {
            metadata: { name: args.objectName, namespace: args.namespace, labels: args.labels.all },
            spec: {
                maxUnavailable: 1,
                unhealthyPodEvictionPolicy: "AlwaysAllow",
                selector: { matchLabels: args.labels.selector },
            },
        },
        opts,
    );
}
