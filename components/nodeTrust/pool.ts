import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { doNotAwait } from "../kubernetes/awaiting.ts";
import { labels, poolLabel, trustComponent } from "../kubernetes/labels.ts";
import { createBundle } from "./bundleObject.ts";
import type { KnownPool } from "./pools.ts";
import { bundlePath, hostPath, poolMounts } from "./poolMounts.ts";
import { agentEnvironment, bundleEntries, type AgentManner } from "./script.ts";

/** Arguments of {@link createPool}. */
export interface PoolArgs extends AgentManner {
    /** Name of the trust: its ledger on the nodes, and the beginning of the objects' names. */
    owner: string;
    namespace: string;
    image: pulumi.Input<string>;
    pool: KnownPool;
    /** Texts by absolute path on the node. */
    files: pulumi.Output<Record<string, string>>;
    /** Whether one of them is secret. */
    secret: boolean;
    /** Block for the nodes' `/etc/hosts`; undefined leaves that file alone. */
    hosts: pulumi.Output<string> | undefined;
    /** Labels of the site's own. They are in no selector. */
    labels: Record<string, string> | undefined;
}

/** The agents of one kind of node. */
export interface TrustPool {
    /** Name of the DaemonSet. */
    daemonSet: string;
    /** Identifies what its nodes shall have. */
    bundle: pulumi.Output<string>;
    resource: k8s.apps.v1.DaemonSet;
}

const bundleVolume = "bundle";

/** One DaemonSet with the mounts of one runtime, and the bundle that it brings to the nodes. */
export function createPool(name: string, args: PoolArgs, opts: pulumi.CustomResourceOptions): TrustPool {
    const { owner, pool } = args;
    const plain = pool.name === "default";
    const objectName = plain ? owner : `${owner}-${pool.name}`;
    const of = (role: string): string => (plain ? `${name}-${role}` : `${name}-${pool.name}-${role}`);
    // The instance differs, so that no pool's selector finds the pods of another.
    const agentLabels = labels(objectName, trustComponent, args.labels);

    const entries = pulumi.all([args.files, args.hosts]).apply(([files, hosts]) => bundleEntries(files, hosts));
    const bundle = createBundle(
        of("bundle"),
        {
            ...{ objectName: owner, namespace: args.namespace, labels: agentLabels.all, volumeName: bundleVolume },
            ...{ pool: pool.name, entries, secret: args.secret },
        },
        opts,
    );
    const mounts = poolMounts(pool, { hosts: args.hosts !== undefined, link: args.mend === "link" });
    const container = {
        image: args.image,
        imagePullPolicy: "IfNotPresent",
        env: [...environment(args, bundle.id)],
        resources: { requests: { cpu: "1m", memory: "8Mi" }, limits: { memory: "32Mi" } },
        securityContext: {
            runAsUser: 0, // the directories belong to root
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"] },
            readOnlyRootFilesystem: true,
        },
        volumeMounts: [
            { name: bundleVolume, mountPath: bundlePath, readOnly: true },
            ...mounts.map(({ volume, path, readOnly }) => ({
                name: volume,
                mountPath: hostPath + path,
                ...(readOnly ? { readOnly } : {}),
            })),
        ],
    };
    const command = (verb: string): string[] => ["sh", `${bundlePath}/agent.sh`, verb];
    const resource = new k8s.apps.v1.DaemonSet(
        of("agent"),
        {
            // The receipts wait instead: they know which nodes are there and what each of them says.
            metadata: {
                ...{ name: objectName, namespace: args.namespace, annotations: doNotAwait },
                labels: { ...agentLabels.all, [poolLabel]: pool.name },
            },
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
                        nodeSelector: { ...pool.selector, "kubernetes.io/os": "linux" },
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
                            bundle.volume,
                            ...mounts.map(({ volume, path, type }) => ({ name: volume, hostPath: { path, type } })),
                        ],
                    },
                },
            },
        },
        opts,
    );
    return { daemonSet: objectName, bundle: bundle.id, resource };
}

function environment(args: PoolArgs, bundle: pulumi.Output<string>): k8s.types.input.core.v1.EnvVar[] {
    const told = agentEnvironment(args.pool.runtime, args);
    return [
        { name: "OWNER", value: args.owner },
        { name: "POD_UID", valueFrom: { fieldRef: { fieldPath: "metadata.uid" } } },
        { name: "BUNDLE_ID", value: bundle },
        ...Object.entries(told).map(([name, value]) => ({ name, value })),
    ];
}
