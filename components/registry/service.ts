import { isIP } from "node:net";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { doNotAwait } from "../kubernetes/awaiting.ts";
import type { Labels } from "../kubernetes/labels.ts";
import { backendAnnotations } from "./exposure/ingress.ts";
import { defaultBalancerPort, type Exposure } from "./exposure/kinds.ts";

/** The Service as one port on every node. */
export interface NodePortArgs {
    /** That port. Without it, the cluster chooses one. */
    port?: number | undefined;
}

/** The Service behind a load balancer. */
export interface LoadBalancerArgs {
    /** Port on which the load balancer listens. */
    port: number;
    /** Address asked for, where the load balancer heeds `spec.loadBalancerIP`. It is put on the certificate. */
    address?: string | undefined;
    /** Class of the load balancer. Without it, the cluster's default. Kubernetes lets it never change. */
    className?: string | undefined;
    /** Annotations that the load balancer reads. */
    annotations: Readonly<Record<string, string>>;
    /** Addresses that may connect, such as `192.0.2.0/24`. Empty: all. */
    sourceRanges: readonly string[];
    /** Whether to wait for the load balancer's address or name and put it on the certificate. */
    addressInCertificate: boolean;
    /** How long to wait for it, in seconds. */
    waitSeconds: number;
}

/**
 * Which of several pods a Service sends its clients to, seen from their node.
 * Source: https://kubernetes.io/docs/reference/networking/virtual-ips/#traffic-distribution
 */
export type TrafficDistribution = "PreferSameNode" | "PreferSameZone" | "PreferClose";

/** What the Service is made of. */
export interface ServiceArgs {
    objectName: string;
    namespace: string;
    labels: Labels;
    /** Public hosts, `name` or `name:port`. */
    hosts: readonly string[];
    /** Port inside the cluster. The pods' port is named `registry`. */
    port: number;
    exposure: Exposure;
    /** Fixed cluster address. Without it, the cluster chooses one. */
    clusterIP?: string | undefined;
    /** Which of several pods it prefers. Without it, none. */
    trafficDistribution?: TrafficDistribution | undefined;
    nodePort?: NodePortArgs | undefined;
    loadBalancer?: LoadBalancerArgs | undefined;
}

/** The Service and where it is reached. */
export interface RegistryService {
    service: k8s.core.v1.Service;
    /** Its address inside the cluster. */
    clusterAddress: pulumi.Output<string>;
    /** Addresses and names that a load balancer gave it, where the certificate shall have them. */
    publicAddresses: pulumi.Output<string[]>;
}

/** Annotation that says which hosts a registry has, so that no other stack takes one of them. */
export const hostsAnnotation = "siteregistry/hosts";

/** Makes the Service in the form that the exposure asks for. */
export function createService(name: string, args: ServiceArgs, opts: pulumi.CustomResourceOptions): RegistryService {
    const { objectName, namespace } = args;
    const balancer = args.exposure === "loadBalancer" ? args.loadBalancer : undefined;
    const waits = balancer?.addressInCertificate === true;
    const service = new k8s.core.v1.Service(
        `${name}-service`,
        {
            metadata: {
                name: objectName,
                namespace,
                labels: args.labels.all,
                annotations: {
                    ...balancer?.annotations,
                    [hostsAnnotation]: args.hosts.join(","),
                    ...(args.exposure === "ingress" ? backendAnnotations(namespace, objectName) : {}),
                    // Not for pods: see doNotAwait. A load balancer answers without them.
                    ...(waits ? { "pulumi.com/waitFor": "jsonpath={.status.loadBalancer.ingress[*]}" } : doNotAwait),
                },
            },
            spec: {
                selector: args.labels.selector,
                ...(args.clusterIP === undefined ? {} : { clusterIP: args.clusterIP }),
                ...(args.trafficDistribution === undefined ? {} : { trafficDistribution: args.trafficDistribution }),
                ...shape(args),
            },
        },
        waits ? { ...opts, customTimeouts: lasting(balancer.waitSeconds) } : opts,
    );
    return {
        service,
        clusterAddress: service.spec.clusterIP,
        publicAddresses: waits ? service.status.apply(addressesIn) : pulumi.output(fixedAddress(balancer)),
    };
}

function shape(args: ServiceArgs): Pick<k8s.types.input.core.v1.ServiceSpec, "type" | "ports"> & object {
    const inside = { name: "registry", port: args.port, targetPort: "registry", protocol: "TCP" };
    switch (args.exposure) {
        case "nodePort": {
            const nodePort = args.nodePort?.port;
            return { type: "NodePort", ports: [nodePort === undefined ? inside : { ...inside, nodePort }] };
        }
        case "loadBalancer":
            return { type: "LoadBalancer", ...balanced(args.loadBalancer, inside) };
        case "passthrough":
        case "ingress":
        case "gateway":
        case "clusterOnly":
            return { type: "ClusterIP", ports: [inside] };
    }
}

type Port = k8s.types.input.core.v1.ServicePort;

/** Nodes and pods go on using the port inside; clients of the load balancer have a port of their own. */
function balanced(args: LoadBalancerArgs | undefined, inside: Port): k8s.types.input.core.v1.ServiceSpec {
    const port = args?.port ?? defaultBalancerPort;
    const ports = port === inside.port ? [inside] : [inside, { ...inside, name: "public", port }];
    return {
        ports,
        ...(args?.address === undefined ? {} : { loadBalancerIP: args.address }),
        ...(args?.className === undefined ? {} : { loadBalancerClass: args.className }),
        ...(args === undefined || args.sourceRanges.length === 0
            ? {}
            : { loadBalancerSourceRanges: [...args.sourceRanges] }),
    };
}

function fixedAddress(args: LoadBalancerArgs | undefined): string[] {
    return args?.address === undefined ? [] : [args.address];
}

function lasting(seconds: number): pulumi.CustomTimeouts {
    return { create: `${seconds.toString()}s`, update: `${seconds.toString()}s` };
}

/** What the load balancer wrote. In the preview of a new one that is nothing yet, and so the names are not known. */
function addressesIn(status: { loadBalancer?: Balanced } | undefined): string[] {
    const entries = status?.loadBalancer?.ingress ?? [];
    const found = entries.flatMap((entry) => entry.ip ?? entry.hostname ?? []);
    if (found.length === 0 && pulumi.runtime.isDryRun()) return pulumi.unknown as unknown as string[];
    return found;
}

/** As it really comes: the SDK's types know nothing of what is absent. */
interface Balanced {
    ingress?: { ip?: string; hostname?: string }[];
}

/** `https://<address>:<port>`, as nodes and pods reach the Service without DNS. */
export function clusterUrl(address: string, port: number): string {
    return `https://${isIP(address) === 6 ? `[${address}]` : address}:${port.toString()}`;
}
