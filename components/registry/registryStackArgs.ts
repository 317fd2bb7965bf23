import type * as pulumi from "@pulumi/pulumi";

import type { RegistryCacheArgs } from "./cache.ts";
import type { RegistryCertificateArgs } from "./certificates.ts";
import type { ExposureArgs } from "./exposure.ts";
import type { PullSecretArgs } from "./pullSecrets.ts";
import type { SchedulingArgs } from "./scheduling.ts";
import type { LoadBalancerArgs, NodePortArgs, TrafficDistribution } from "./service.ts";
import type { RegistryStorageArgs } from "./storage.ts";
import type { RegistryUserArgs } from "./users.ts";
import type { ResourcesArgs } from "./workload.ts";

/** The container in front of the registry: TLS and roles. */
export interface GateArgs {
    /** Image of nginx, 1.22 or newer, built with threads and the module `auth_request`. */
    image: pulumi.Input<string>;
    /** CPU and memory of its container. */
    resources: ResourcesArgs;
}

/** Names of single objects. Without one, `<objectName>-<key>`. */
export interface ObjectNamesArgs {
    /** Secret with the server certificate. */
    certs?: string | undefined;
    /** Secret with the users. */
    users?: string | undefined;
    /** Secret with the registry's secret variables. */
    environment?: string | undefined;
    /** ConfigMap with both configuration files. */
    config?: string | undefined;
}

/** Arguments of `RegistryStack`. */
export interface RegistryStackArgs extends ExposureArgs {
    /** Name of the Service and of the other objects. Plain: certificates and selectors are made of it. */
    objectName: string;
    /** Namespace. */
    namespace: string;
    /** Whether the namespace is made by the component; otherwise it must be there. */
    createNamespace: boolean;
    /** Public host, the one in image references: `name` or `name:port`. */
    host: string;
    /** Further public hosts of the same form. */
    extraHosts: readonly string[];
    /** Further DNS names or IP addresses for the certificate. */
    clusterHosts: readonly string[];
    /** DNS domain of the cluster's services. */
    clusterDomain: string;
    /** Image of the registry (distribution 3). */
    image: pulumi.Input<string>;
    gate: GateArgs;
    /** What clients show when they ask for a login. Without it, the public host. */
    realm?: string | undefined;
    /** Labels of the site's own for every object. They are in no selector. */
    labels: Record<string, string>;
    /** Names of objects that are called otherwise than after `objectName`. */
    objectNames: ObjectNamesArgs;
    /** Pods of the registry. */
    replicas: number;
    /** CPU and memory of the registry's container. */
    resources: ResourcesArgs;
    scheduling: SchedulingArgs;
    /** How long transfers under way may still take when a pod is told to end, in seconds. */
    drainSeconds: number;
    /** Fixed cluster address of the Service. Without it, the cluster chooses one. */
    clusterIP?: string | undefined;
    /** Which of several pods the Service prefers. Without it, none. */
    trafficDistribution?: TrafficDistribution | undefined;
    /** For the exposure `nodePort`. */
    nodePort?: NodePortArgs | undefined;
    /** For the exposure `loadBalancer`. */
    loadBalancer?: LoadBalancerArgs | undefined;
    /** Who may log in. At least one. */
    users: readonly RegistryUserArgs[];
    storage: RegistryStorageArgs;
    cache: RegistryCacheArgs;
    certificate: RegistryCertificateArgs;
    pullSecret: PullSecretArgs;
}
