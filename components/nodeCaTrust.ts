import { readFileSync } from "node:fs";
import { join } from "node:path";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { shortHash } from "./kubernetes/checksum.ts";
import { labels } from "./kubernetes/labels.ts";
import { hostsToml } from "./nodeTrust/hostsToml.ts";

/** A registry host that nodes shall trust. */
export interface TrustedRegistryArgs {
    /** Host as image references name it. Plain, because it is a path on the node. */
    host: string;
    /** Where nodes find it: `https://name-or-address[:port]`. */
    url: pulumi.Input<string>;
    /** Roots to believe there, PEM, one or more. */
    caBundle: pulumi.Input<string>;
}

/** Arguments of {@link NodeCaTrust}. */
export interface NodeCaTrustArgs {
    /** Namespace for the agent, made by the component. Who may edit ConfigMaps in it decides what nodes trust. */
    namespace: string;
    /** Image of the agent: any with a POSIX shell, cp, mv, cmp, grep and sync. */
    image: pulumi.Input<string>;
    /** Directory on the node that containerd's `config_path` names. */
    registryDirectory: pulumi.Input<string>;
    /** What to trust. */
    registries: readonly TrustedRegistryArgs[];
}

const agent = readFileSync(join(import.meta.dirname, "nodeTrust", "agent.sh"), "utf8");

/** Where the agent finds things inside its container. The script's defaults are the same. */
const mounts = { bundle: "/bundle", registries: "/host/registries" } as const;

/**
 * Makes every node's containerd trust the given registries, with no restart, and keeps it so.
 * The bundle is immutable and named by its content: a finished rollout is evidence that every node has it.
 */
export class NodeCaTrust extends pulumi.ComponentResource {
    /** Identifies the content that every node has once this component is done. */
    declare readonly bundleHash: pulumi.Output<string>;

    constructor(name: string, args: NodeCaTrustArgs, opts?: pulumi.ComponentResourceOptions) {
        super("siteregistry:index:NodeCaTrust", name, args, opts);
        const objectName = args.namespace;
        const agentLabels = labels(objectName, "node-trust");

        const namespace = new k8s.core.v1.Namespace(
            `${name}-namespace`,
            {
                metadata: {
                    name: args.namespace,
                    // The agent writes to one directory of its node, which the stricter levels forbid.
                    labels: { ...agentLabels.all, "pod-security.kubernetes.io/enforce": "privileged" },
                },
            },
            { parent: this },
        );

        const files = pulumi.all(args.registries.map((registry) => renderRegistry(registry))).apply(merge);
        this.bundleHash = files.apply((data) => shortHash(JSON.stringify(Object.entries(data).sort())));
        const bundle = new k8s.core.v1.ConfigMap(
            `${name}-bundle`,
            {
                metadata: {
                    name: pulumi.interpolate`${objectName}-${this.bundleHash}`,
                    namespace: args.namespace,
                    labels: agentLabels.all,
                },
                immutable: true,
                data: files,
            },
            { parent: this, dependsOn: [namespace] },
        );
        const items = args.registries.flatMap(({ host }) =>
            ["hosts.toml", "ca.crt"].map((file) => ({ key: `${keyOf(host)}.${file}`, path: `hosts/${host}/${file}` })),
        );

        const container = {
            image: args.image,
            imagePullPolicy: "IfNotPresent",
            env: [
                { name: "OWNER", value: objectName },
                { name: "POD_UID", valueFrom: { fieldRef: { fieldPath: "metadata.uid" } } },
            ],
            resources: { requests: { cpu: "1m", memory: "8Mi" }, limits: { memory: "32Mi" } },
            securityContext: {
                runAsUser: 0, // the directory belongs to root
                allowPrivilegeEscalation: false,
                capabilities: { drop: ["ALL"] },
                readOnlyRootFilesystem: true,
            },
            volumeMounts: [
                { name: "bundle", mountPath: mounts.bundle, readOnly: true },
                { name: "registries", mountPath: mounts.registries },
            ],
        };
        const command = (verb: string): string[] => ["sh", `${mounts.bundle}/agent.sh`, verb];
        new k8s.apps.v1.DaemonSet(
            `${name}-agent`,
            {
                metadata: { name: objectName, namespace: args.namespace, labels: agentLabels.all },
                spec: {
                    selector: { matchLabels: agentLabels.selector },
                    // The new pod is there before the old one ends, and so the old one takes nothing back.
                    updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } },
                    template: {
                        metadata: { labels: agentLabels.all },
                        spec: {
                            automountServiceAccountToken: false,
                            enableServiceLinks: false,
                            priorityClassName: "system-node-critical",
                            tolerations: [{ operator: "Exists" }],
                            nodeSelector: { "kubernetes.io/os": "linux" },
                            securityContext: { seccompProfile: { type: "RuntimeDefault" } },
                            terminationGracePeriodSeconds: 30,
                            initContainers: [{ ...container, name: "apply", command: command("apply") }],
                            containers: [
                                {
                                    ...container,
                                    name: "watch",
                                    command: command("watch"),
                                    // A hook, not SIGTERM: a node that goes down ends its processes without hooks and shall
                                    // still trust the registry when it is back. (Where the kubelet's graceful shutdown is
                                    // on it does run hooks; the agent then writes again when the node is back.)
                                    lifecycle: { preStop: { exec: { command: command("leave") } } },
                                },
                            ],
                            volumes: [
                                {
                                    name: "bundle",
                                    configMap: {
                                        name: bundle.metadata.name,
                                        items: [{ key: "agent.sh", path: "agent.sh" }, ...items],
                                    },
                                },
                                {
                                    name: "registries",
                                    hostPath: { path: args.registryDirectory, type: "DirectoryOrCreate" },
                                },
                            ],
                        },
                    },
                },
            },
            { parent: this, dependsOn: [namespace], customTimeouts: { create: "5m", update: "10m" } },
        );
        this.registerOutputs({ bundleHash: this.bundleHash });
    }
}

/** Keys of a ConfigMap may hold no colon, which stands before a port, and at most 253 characters with the file's name. */
function keyOf(host: string): string {
    const key = host.replaceAll(":", "_");
    return key.length <= 240 ? key : `${key.slice(0, 200)}.${shortHash(host)}`;
}

function renderRegistry(registry: TrustedRegistryArgs): pulumi.Output<Record<string, string>> {
    const key = keyOf(registry.host);
    return pulumi.all([registry.url, registry.caBundle]).apply(([url, caBundle]) => ({
        [`${key}.hosts.toml`]: hostsToml(url),
        [`${key}.ca.crt`]: caBundle,
    }));
}

function merge(parts: Record<string, string>[]): Record<string, string> {
    return Object.assign({ "agent.sh": agent }, ...parts) as Record<string, string>;
}
