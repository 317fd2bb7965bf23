import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { shortHash } from "./kubernetes/checksum.ts";
import { labels } from "./kubernetes/labels.ts";
import { trustFiles } from "./nodeTrust/bundle.ts";
import { runtimes } from "./nodeTrust/runtimes.ts";
import { agentScript } from "./nodeTrust/script.ts";

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
    /** Image of the agent: any with a POSIX shell and the usual small tools, as busybox has them. */
    image: pulumi.Input<string>;
    /** Directory on the node that containerd's `config_path` names. */
    registryDirectory: pulumi.Input<string>;
    /** What to trust. */
    registries: readonly TrustedRegistryArgs[];
}

/** Where the agent finds things inside its container. The script's defaults are the same. */
const mounts = { bundle: "/bundle", node: "/host" } as const;

/** What was written on a node, and what stood there before. */
const stateDirectory = "/var/lib/siteregistry";

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

        const files = pulumi
            .all([args.registryDirectory, pulumi.all(args.registries.map((registry) => pulumi.output(registry)))])
            .apply(([directory, registries]) => bundleOf(trustFiles("containerd", directory, objectName, registries)));
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
                data: files.apply(keyed),
            },
            { parent: this, dependsOn: [namespace] },
        );
        const items = files.apply((data) => Object.keys(data).map((path) => ({ key: keyOf(path), path })));

        const { configFile = "", reads } = runtimes.containerd;
        const directories = [
            { name: "registries", path: args.registryDirectory, readOnly: false },
            { name: "state", path: stateDirectory, readOnly: false },
            ...reads.map((path, index) => ({ name: `reads-${index.toString()}`, path, readOnly: true })),
        ];
        const container = {
            image: args.image,
            imagePullPolicy: "IfNotPresent",
            env: [
                { name: "OWNER", value: objectName },
                { name: "POD_UID", valueFrom: { fieldRef: { fieldPath: "metadata.uid" } } },
                { name: "BUNDLE_ID", value: this.bundleHash },
                { name: "RUNTIME", value: "containerd" },
                { name: "CONFIG", value: configFile },
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
                ...directories.map(({ name, path, readOnly }) => ({
                    name,
                    mountPath: pulumi.interpolate`${mounts.node}${path}`,
                    ...(readOnly ? { readOnly } : {}),
                })),
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
                                        items,
                                    },
                                },
                                ...directories.map(({ name, path }) => ({
                                    name,
                                    hostPath: { path, type: "DirectoryOrCreate" },
                                })),
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

/** The bundle as the agent reads it: texts by path in it. */
function bundleOf(files: Record<string, string>): Record<string, string> {
    return {
        "agent.sh": agentScript(),
        ...Object.fromEntries(Object.entries(files).map(([path, text]) => [`files${path}`, text])),
    };
}

function keyed(data: Record<string, string>): Record<string, string> {
    return Object.fromEntries(Object.entries(data).map(([path, text]) => [keyOf(path), text]));
}

/** Keys of a ConfigMap may hold no slash and no colon, and at most 253 characters. */
function keyOf(path: string): string {
    const key = path.replace(/[^-.\w]/g, "_");
    return key.length <= 253 ? key : `${key.slice(0, 200)}.${shortHash(path)}`;
}
