import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { QuayOperator } from "../../plugin/sdk/quayOperator.ts";
import { doNotAwait } from "../kubernetes/awaiting.ts";
import type { QuayOperatorArgs } from "./quayRegistryArgs.ts";

/** Asks OLM for the operator, and waits for it. */
export function createOperator(
    name: string,
    namespace: string,
    args: QuayOperatorArgs,
    timeoutSeconds: number,
    labels: Record<string, string>,
    opts: pulumi.CustomResourceOptions,
): QuayOperator {
    const group = new k8s.apiextensions.CustomResource(
        `${name}-operator-group`,
        {
            apiVersion: "operators.coreos.com/v1",
            kind: "OperatorGroup",
            metadata: { name: "quay", namespace, labels, annotations: doNotAwait },
            spec: args.scope === "OwnNamespace" ? { targetNamespaces: [namespace] } : {},
        },
        opts,
    );
    const { channel, source, sourceNamespace, startingCSV, approval } = args;
    const subscription = new k8s.apiextensions.CustomResource(
        `${name}-subscription`,
        {
            apiVersion: "operators.coreos.com/v1alpha1",
            kind: "Subscription",
            metadata: { name: "quay-operator", namespace, labels, annotations: doNotAwait },
            spec: { name: args.package, channel, source, sourceNamespace, startingCSV, installPlanApproval: approval },
        },
        { ...opts, dependsOn: [group] },
    );
    return new QuayOperator(
        `${name}-operator`,
        {
            namespace,
            subscription: "quay-operator",
            package: args.package,
            channel,
            startingCSV,
            approval,
            timeoutSeconds,
        },
        { ...opts, dependsOn: [subscription] },
    );
}
