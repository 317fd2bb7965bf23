import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import type { Labels } from "../kubernetes/labels.ts";
import { containerPort } from "./paths.ts";

/** Whose traffic it limits. */
export interface NetworkPolicyArgs {
    objectName: string;
    namespace: pulumi.Input<string>;
    labels: Labels;
}

/** Leaves one port of the registry's pods open: whoever may reach it has to log in there. Nodes and ingress are "everyone". */
export function createNetworkPolicy(name: string, args: NetworkPolicyArgs, opts: pulumi.CustomResourceOptions): void {
    new k8s.networking.v1.NetworkPolicy(
        `${name}-network`,
        {
            metadata: { name: args.objectName, namespace: args.namespace, labels: args.labels.all },
            spec: {
                podSelector: { matchLabels: args.labels.selector },
                policyTypes: ["Ingress"],
                ingress: [{ ports: [{ protocol: "TCP", port: containerPort }] }],
            },
        },
        opts,
    );
}
