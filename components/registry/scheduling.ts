import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import type { Labels } from "../kubernetes/labels.ts";
import type { Writers } from "./storage/writers.ts";

/** A taint that the registry's pods tolerate, as Kubernetes writes it. */
export interface TolerationArgs {
    /** Key of the taint. Without it, with `operator: Exists`, every taint. */
    key?: string | undefined;
    /** `Equal` (the default) or `Exists`. */
    operator?: string | undefined;
    /** Value of the taint, with `Equal`. */
    value?: string | undefined;
    /** `NoSchedule`, `PreferNoSchedule` or `NoExecute`. Without it, all of them. */
    effect?: string | undefined;
    /** How long a pod stays after a `NoExecute` taint, in seconds. Without it, for ever. */
    tolerationSeconds?: number | undefined;
}

/** Where the registry's pods run. */
export interface SchedulingArgs {
    /** Labels that a node must have. */
    nodeSelector?: Record<string, pulumi.Input<string>> | undefined;
    /** Taints that they tolerate. Default: none. */
    tolerations?: TolerationArgs[] | undefined;
    /** An existing PriorityClass. */
    priorityClassName?: pulumi.Input<string> | undefined;
}

const host = "kubernetes.io/hostname";

/** The part of the pods' specification that says where they run. */
export function placement(
    args: SchedulingArgs,
    labels: Labels,
    replicas: number,
    writers: Writers,
): Partial<k8s.types.input.core.v1.PodSpec> {
    const labelSelector = { matchLabels: labels.selector };
    const preferred = (topologyKey: string, weight: number) => ({
        weight,
        podAffinityTerm: { labelSelector, topologyKey },
    });
    const affinity =
        writers === "many"
            ? {
                  podAntiAffinity: {
                      preferredDuringSchedulingIgnoredDuringExecution: [
                          preferred(host, 100),
                          preferred("topology.kubernetes.io/zone", 50),
                      ],
                  },
              }
            : {
                  // The volume is at one node: the new pod of a rollout gets it only there. The first pod is free to choose.
                  podAffinity: {
                      requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector, topologyKey: host }],
                  },
              };
    return {
        ...(args.nodeSelector === undefined ? {} : { nodeSelector: args.nodeSelector }),
        ...(args.tolerations === undefined ? {} : { tolerations: args.tolerations.map((one) => ({ ...one })) }),
        ...(args.priorityClassName === undefined ? {} : { priorityClassName: args.priorityClassName }),
        ...(writers === "onePod" ? {} : { affinity }),
        ...(writers === "many" && replicas > 1
            ? {
                  topologySpreadConstraints: [
                      { maxSkew: 1, topologyKey: host, whenUnsatisfiable: "ScheduleAnyway", labelSelector },
                  ],
              }
            : {}),
    };
}

/**
 * How a rollout goes: the new pod answers before the old one ends, unless the volume allows only one pod at all.
 * (Two registries on one file system do not disturb each other: uploads have names of their own.)
 */
export function strategy(writers: Writers): k8s.types.input.apps.v1.DeploymentStrategy {
    if (writers === "onePod") return { type: "Recreate" };
    return { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
}
