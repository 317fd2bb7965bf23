import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { labels } from "../kubernetes/labels.ts";
import { restrictedContainer, restrictedPod } from "../kubernetes/podSecurity.ts";

/** What the registry remembers of its layers. */
export interface RegistryCacheArgs {
    /** `redis`: one that all pods share. Never one in a pod's own memory: it would answer for what another has deleted. */
    kind: "none" | "redis";
    /** Image of the cache. */
    image: pulumi.Input<string>;
}

/** What a cache asks of the registry. */
export interface RegistryCache {
    /** `host:port` of the Redis. */
    address: string;
    /** Secret variables of the registry's container. */
    environment: Record<string, pulumi.Output<string>>;
    /** What must be there before the registry. */
    resources: pulumi.Resource[];
}

const port = 6379;
const configuration = "/etc/redis";

/** Makes the Redis, when one is wanted. It keeps nothing on disk: what it forgets is asked of the storage again. */
export function createCache(
    name: string,
    args: RegistryCacheArgs,
    place: { objectName: string; namespace: string; clients: Record<string, string>; labels: Record<string, string> },
    opts: pulumi.CustomResourceOptions & { parent: pulumi.Resource },
): RegistryCache | undefined {
    if (args.kind === "none") return undefined;
    const { namespace } = place;
    const objectName = `${place.objectName}-cache`;
    const own = labels(place.objectName, "cache", place.labels);
    const metadata = { name: objectName, namespace, labels: own.all };
    const password = new random.RandomPassword(
        `${name}-cache-password`,
        { length: 48, special: false },
        { parent: opts.parent },
    ).result;
    const secret = new k8s.core.v1.Secret(
        `${name}-cache`,
        {
            metadata,
            type: "Opaque",
            // A file and not an argument, which everyone on the node can read.
            stringData: { "redis.conf": password.apply(redisConfig) },
        },
        opts,
    );
    const service = new k8s.core.v1.Service(
        `${name}-cache`,
        { metadata, spec: { selector: own.selector, ports: [{ name: "redis", port, targetPort: "redis" }] } },
        opts,
    );
    const fence = new k8s.networking.v1.NetworkPolicy(
        `${name}-cache`,
        {
            metadata,
            spec: {
                podSelector: { matchLabels: own.selector },
                policyTypes: ["Ingress"],
                ingress: [
                    {
                        from: [{ podSelector: { matchLabels: place.clients } }],
                        ports: [{ port: "redis", protocol: "TCP" }],
                    },
                ],
            },
        },
        opts,
    );
    const server = new k8s.apps.v1.Deployment(
        `${name}-cache`,
        {
            metadata,
            spec: {
                replicas: 1,
                strategy: { type: "Recreate" }, // two would each remember something else
                selector: { matchLabels: own.selector },
                template: { metadata: { labels: own.all }, spec: podSpec(args.image, secret.metadata.name) },
            },
        },
        opts,
    );
    return {
        address: `${objectName}.${namespace}.svc:${port.toString()}`,
        environment: { REGISTRY_REDIS_PASSWORD: password },
        resources: [service, fence, server],
    };
}

/** The configuration of a Redis that is a cache and nothing else. */
export function redisConfig(password: string): string {
    return [
        `port ${port.toString()}`,
        `requirepass ${password}`,
        'save ""',
        "appendonly no",
        "maxmemory 128mb",
        "maxmemory-policy allkeys-lru",
        "",
    ].join("\n");
}

function podSpec(image: pulumi.Input<string>, secretName: pulumi.Input<string>): k8s.types.input.core.v1.PodSpec {
    return {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: restrictedPod,
        containers: [
            {
                name: "redis",
                image,
                imagePullPolicy: "IfNotPresent",
                command: ["redis-server", `${configuration}/redis.conf`],
                workingDir: "/data",
                ports: [{ name: "redis", containerPort: port }],
                readinessProbe: { tcpSocket: { port: "redis" }, periodSeconds: 2, timeoutSeconds: 5 },
                livenessProbe: { tcpSocket: { port: "redis" }, periodSeconds: 10, timeoutSeconds: 5 },
                resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "192Mi" } },
                securityContext: restrictedContainer,
                volumeMounts: [
                    { name: "configuration", mountPath: configuration, readOnly: true },
                    { name: "data", mountPath: "/data" },
                ],
            },
        ],
        volumes: [
            { name: "configuration", secret: { secretName } },
            { name: "data", emptyDir: { sizeLimit: "16Mi" } },
        ],
    };
}
