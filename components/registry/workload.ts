import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { checksum } from "../kubernetes/checksum.ts";
import type { Labels } from "../kubernetes/labels.ts";
import { restrictedContainer, restrictedPod } from "../kubernetes/podSecurity.ts";
import { alivePath, gateCommand, gateFarewell, registryFarewell } from "./gate.ts";
import { containerPort, paths } from "./paths.ts";
import type { ObjectNamesArgs } from "./registryStackArgs.ts";
import { placement, strategy, type SchedulingArgs } from "./scheduling.ts";
import type { RegistryStorage } from "./storage.ts";

/** Amounts of what a node has, as Kubernetes writes them. */
export interface AmountsArgs {
    /** Cores, such as `250m`. */
    cpu?: string | undefined;
    /** Bytes, such as `64Mi`. */
    memory?: string | undefined;
}

/** CPU and memory of a container. */
export interface ResourcesArgs {
    /** What a node must have free for it. */
    requests?: AmountsArgs | undefined;
    /** What it may use at most. */
    limits?: AmountsArgs | undefined;
}

/** What the registry's pods are made of. */
export interface WorkloadArgs {
    /** Name of the Deployment and prefix of what belongs to it. */
    objectName: string;
    objectNames: ObjectNamesArgs;
    namespace: pulumi.Input<string>;
    labels: Labels;
    /** Image of distribution. */
    image: pulumi.Input<string>;
    /** Image of nginx. */
    gateImage: pulumi.Input<string>;
    replicas: number;
    resources: ResourcesArgs;
    gateResources: ResourcesArgs;
    scheduling: SchedulingArgs;
    /** How long a transfer may still take when a pod is told to end, in seconds. */
    drainSeconds: number;
    /** Text of distribution's configuration file. */
    config: string;
    /** Text of nginx's configuration file. */
    gateConfig: string;
    /** Name of the Secret that holds `tls.crt` and `tls.key`. */
    certificateSecret: pulumi.Input<string>;
    /** Files of the Secret with the users, by name. */
    users: Record<string, pulumi.Input<string>>;
    httpSecret: pulumi.Output<string>;
    /** What holds the images. */
    storage: RegistryStorage;
    /** Secret variables of the registry's container besides those of storage. A change of one restarts it. */
    environment: Record<string, pulumi.Output<string>>;
}

/**
 * The registry's Deployment with its configuration and its Secrets. Each pod has two containers:
 * the gate (nginx: TLS and roles) and the registry itself, which listens on a socket between the two.
 * Users and certificate are read anew when they change, so they are in no checksum: changing them restarts nothing.
 */
export function createWorkload(
    name: string,
    args: WorkloadArgs,
    opts: pulumi.CustomResourceOptions,
): k8s.apps.v1.Deployment {
    const { namespace, objectName, storage } = args;
    const metadata = (role: "config" | "users" | "environment") => {
        return { name: args.objectNames[role] ?? `${objectName}-${role}`, namespace, labels: args.labels.all };
    };

    const config = new k8s.core.v1.ConfigMap(
        `${name}-config`,
        { metadata: metadata("config"), data: { "config.yml": args.config, "nginx.conf": args.gateConfig } },
        opts,
    );
    const users = new k8s.core.v1.Secret(
        `${name}-users`,
        { metadata: metadata("users"), type: "Opaque", stringData: args.users },
        opts,
    );
    const variables = { REGISTRY_HTTP_SECRET: args.httpSecret, ...args.environment, ...storage.environment };
    const environment = new k8s.core.v1.Secret(
        `${name}-environment`,
        {
            metadata: metadata("environment"),
            type: "Opaque",
            stringData: variables,
        },
        opts,
    );

    return new k8s.apps.v1.Deployment(
        `${name}-server`,
        {
            metadata: { name: objectName, namespace, labels: args.labels.all },
            spec: {
                replicas: args.replicas,
                strategy: strategy(storage.writers),
                selector: { matchLabels: args.labels.selector },
                template: {
                    metadata: {
                        labels: args.labels.all,
                        annotations: {
                            "siteregistry/config-checksum": checksum(pulumi.output(`${args.config}${args.gateConfig}`)),
                            "siteregistry/environment-checksum": checksum(pulumi.jsonStringify(variables)),
                        },
                    },
                    spec: {
                        automountServiceAccountToken: false,
                        enableServiceLinks: false, // their variables would begin with the registry's own prefix
                        securityContext: restrictedPod,
                        // The farewells wait for what is under way, which may take the drain time.
                        terminationGracePeriodSeconds: args.drainSeconds + 15,
                        ...placement(args.scheduling, args.labels, args.replicas, storage.writers),
                        containers: [gateContainer(args), registryContainer(args, environment.metadata.name)],
                        volumes: [
                            {
                                name: "config",
                                configMap: {
                                    name: config.metadata.name,
                                    items: [{ key: "config.yml", path: "config.yml" }],
                                },
                            },
                            {
                                name: "gate",
                                configMap: {
                                    name: config.metadata.name,
                                    items: [{ key: "nginx.conf", path: "nginx.conf" }],
                                },
                            },
                            { name: "certificate", secret: { secretName: args.certificateSecret } },
                            { name: "users", secret: { secretName: users.metadata.name } },
                            { name: "run", emptyDir: { medium: "Memory", sizeLimit: "16Mi" } },
                            ...(storage.volume === undefined ? [] : [storage.volume]),
                            ...(storage.trust === undefined ? [] : [storage.trust.volume]),
                        ],
                    },
                },
            },
        },
        opts,
    );
}

/** The way in: nginx with the certificate and the roles. Layers that are files it hands out itself. */
function gateContainer(args: WorkloadArgs): k8s.types.input.core.v1.Container {
    return {
        name: "gate",
        image: args.gateImage,
        imagePullPolicy: "IfNotPresent",
        command: [...gateCommand],
        ports: [{ name: "registry", containerPort }],
        // `/` answers 503 while the storage fails; restarting the pod would not mend that.
        readinessProbe: {
            httpGet: { path: "/", port: "registry", scheme: "HTTPS" },
            periodSeconds: 2,
            timeoutSeconds: 5,
        },
        livenessProbe: { tcpSocket: { port: "registry" }, periodSeconds: 10, timeoutSeconds: 5 },
        lifecycle: { preStop: { exec: { command: [...gateFarewell] } } },
        resources: amounts(args.gateResources),
        securityContext: restrictedContainer,
        volumeMounts: [
            { name: "gate", mountPath: paths.gate, readOnly: true },
            { name: "certificate", mountPath: paths.certificate, readOnly: true },
            { name: "users", mountPath: paths.users, readOnly: true },
            { name: "run", mountPath: paths.run },
            ...(args.storage.volume === undefined
                ? []
                : [{ name: "storage", mountPath: paths.storage, readOnly: true }]),
        ],
    };
}

/** Distribution, behind the gate. */
function registryContainer(
    args: WorkloadArgs,
    environmentName: pulumi.Input<string>,
): k8s.types.input.core.v1.Container {
    return {
        name: "registry",
        image: args.image,
        imagePullPolicy: "IfNotPresent",
        args: [`${paths.config}/config.yml`],
        env: [
            { name: "OTEL_TRACES_EXPORTER", value: "none" }, // it defaults to a collector on localhost
            ...(args.storage.trust === undefined ? [] : [args.storage.trust.variable]),
        ],
        envFrom: [{ secretRef: { name: environmentName } }],
        // It has no port: the gate asks it. Slow to fail, since a gate that restarts fails it as well.
        livenessProbe: {
            httpGet: { path: alivePath, port: containerPort, scheme: "HTTPS" },
            periodSeconds: 10,
            timeoutSeconds: 10,
            failureThreshold: 6,
        },
        lifecycle: { preStop: { exec: { command: [...registryFarewell] } } },
        resources: amounts(args.resources),
        securityContext: restrictedContainer,
        volumeMounts: [
            { name: "config", mountPath: paths.config, readOnly: true },
            { name: "users", mountPath: paths.users, readOnly: true },
            { name: "run", mountPath: paths.run },
            ...(args.storage.volume === undefined ? [] : [{ name: "storage", mountPath: paths.storage }]),
            ...(args.storage.trust === undefined ? [] : [args.storage.trust.mount]),
        ],
    };
}

/** The same without what is not said: Kubernetes takes no empty limits. */
function amounts(args: ResourcesArgs): k8s.types.input.core.v1.ResourceRequirements {
    const said = (given: AmountsArgs = {}): Record<string, string> =>
        Object.fromEntries(
            Object.entries(given).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
        );
    const limits = said(args.limits);
    return { requests: said(args.requests), ...(Object.keys(limits).length === 0 ? {} : { limits }) };
}
