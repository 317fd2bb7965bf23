import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { routedNames } from "../hosts.ts";
import type { ExposureTarget } from "./target.ts";

/** The way in by a Gateway that somebody else has made. */
export interface GatewayArgs {
    /** Name of the Gateway. */
    name: string;
    /** Its namespace. */
    namespace: string;
    /** Name of its listener; without it, every listener that fits. */
    sectionName?: string | undefined;
    /** Version in which the cluster serves TLSRoute. */
    version: string;
}

/** The API group of Gateways and routes. */
export const gatewayGroup = "gateway.networking.k8s.io";

/**
 * A TLSRoute: like passthrough, one certificate from end to end and no limit on the time of an upload.
 * It is done when the Gateway has accepted it: a listener that does not let it in would otherwise go unnoticed.
 */
export function gateway(
    name: string,
    target: ExposureTarget,
    args: GatewayArgs,
    opts: pulumi.CustomResourceOptions,
): void {
    new k8s.apiextensions.CustomResource(
        `${name}-route`,
        {
            apiVersion: `${gatewayGroup}/${args.version}`,
            kind: "TLSRoute",
            metadata: {
                name: target.objectName,
                namespace: target.namespace,
                labels: target.labels,
                annotations: {
                    "pulumi.com/waitFor": 'jsonpath={.status.parents[*].conditions[?(@.type=="Accepted")].status}=True',
                },
            },
            spec: {
                parentRefs: [
                    {
                        name: args.name,
                        namespace: args.namespace,
                        ...(args.sectionName === undefined ? {} : { sectionName: args.sectionName }),
                    },
                ],
                hostnames: routedNames(target.hosts),
                rules: [{ backendRefs: [{ name: target.objectName, port: target.port }] }],
            },
        },
        { ...opts, customTimeouts: { create: "2m", update: "2m" } },
    );
}
