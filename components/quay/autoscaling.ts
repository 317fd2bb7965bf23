import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import type { QuayBoundsArgs } from "./quayRegistryArgs.ts";

/** Deployments that can be scaled, by the component's kind. */
const deployments = { quay: "quay-app", clair: "clair-app", mirror: "quay-mirror" } as const;

/** Autoscalers with the site's own bounds, which the operator does not know. It measures as the operator's do. */
export function createAutoscalers(
    name: string,
    objectName: string,
    namespace: string,
    bounds: Record<keyof typeof deployments, QuayBoundsArgs>,
    managed: (kind: string) => boolean,
    labels: Record<string, string>,
    opts: pulumi.CustomResourceOptions,
): void {
    const kinds = (Object.keys(deployments) as (keyof typeof deployments)[]).filter(managed);
    for (const kind of kinds) {
        const target = `${objectName}-${deployments[kind]}`;
        const of = (resource: string) => ({
            type: "Resource",
            resource: { name: resource, target: { type: "Utilization", averageUtilization: 90 } },
        });
        new k8s.autoscaling.v2.HorizontalPodAutoscaler(
            `${name}-autoscaler-${kind}`,
            {
                // Where there are no pods yet, it has nothing to measure.
                metadata: { name: target, namespace, labels, annotations: { "pulumi.com/skipAwait": "true" } },
                spec: {
                    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: target },
                    minReplicas: bounds[kind].min,
                    maxReplicas: bounds[kind].max,
                    metrics: [of("cpu"), of("memory")],
                },
            },
            opts,
        );
    }
}
