import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { NamespaceRemoval } from "../plugin/sdk/namespaceRemoval.ts";
import { NodeTrustReceipts, type NodeTrustReceipt } from "../plugin/sdk/nodeTrustReceipts.ts";
import { doNotAwait } from "./kubernetes/awaiting.ts";
import { shortHash } from "./kubernetes/checksum.ts";
import { labels, labelTexts, trustComponent } from "./kubernetes/labels.ts";
import { filesOf } from "./nodeTrust/files.ts";
import { hostsBlock } from "./nodeTrust/hostsFile.ts";
import type { NodeCaTrustArgs } from "./nodeTrust/nodeCaTrustArgs.ts";
import { createPool } from "./nodeTrust/pool.ts";
import { removalOf } from "./nodeTrust/removal.ts";

/**
 * Makes the runtime of every node trust the given registries, with no restart, and keeps it so.
 * It is done once every node that is Ready has said so; taken away, every node has forgotten before the agents go.
 */
export class NodeCaTrust extends pulumi.ComponentResource {
    /** Identifies the content that every Ready node has. Known once they have it. */
    declare readonly bundleHash: pulumi.Output<string>;
    /** What each node said last, as of the last update. */
    declare readonly nodes: pulumi.Output<NodeTrustReceipt[]>;

    constructor(name: string, args: NodeCaTrustArgs, opts?: pulumi.ComponentResourceOptions) {
        const { credentials = [], hostsEntries = [] } = args;
        super(
            "siteregistry:index:NodeCaTrust",
            name,
            { ...args, credentials: credentials.map(({ host }) => host) },
            opts,
        );
        const owner = args.namespace;

        const removal = new NamespaceRemoval(
            `${name}-namespace-removal`,
            { namespace: args.namespace },
            { parent: this },
        );
        const namespace = new k8s.core.v1.Namespace(
            `${name}-namespace`,
            {
                metadata: {
                    name: args.namespace,
                    annotations: doNotAwait,
                    // The agent writes to directories of its node, which the stricter levels forbid.
                    labels: {
                        ...labels(owner, trustComponent, args.labels).all,
                        "pod-security.kubernetes.io/enforce": "privileged",
                    },
                },
            },
            { parent: this, dependsOn: [removal] },
        );
        const hosts =
            hostsEntries.length === 0
                ? undefined
                : pulumi.output([...hostsEntries]).apply((entries) => hostsBlock(owner, entries));
        const pools = args.pools.map((pool) =>
            createPool(
                name,
                {
                    ...{ owner, namespace: args.namespace, image: args.image, pool, hosts },
                    ...{ files: filesOf(owner, pool, args), secret: credentials.length > 0 },
                    ...{ foreign: args.foreign, mend: args.mend, labels: args.labels },
                },
                { parent: this, dependsOn: [namespace] },
            ),
        );
        const receipts = new NodeTrustReceipts(
            `${name}-receipts`,
            {
                namespace: args.namespace,
                daemonSets: pools.map(({ daemonSet }) => daemonSet),
                bundles: Object.fromEntries(pools.map(({ daemonSet, bundle }) => [daemonSet, bundle])),
                initContainer: "apply",
                timeoutSeconds: args.timeoutSeconds,
                owner,
                // What the bundle does not tell of, and the nodes nevertheless heed.
                triggers: [args.image, args.foreign, args.mend, ...labelTexts(args.labels)],
                ...removalOf(args),
            },
            { parent: this, dependsOn: pools.map(({ resource }) => resource) },
        );
        // Out of the receipts and not of the pools: what rests on it waits until the nodes have it.
        this.bundleHash = receipts.bundles.apply((all) => shortHash(JSON.stringify(Object.entries(all).sort())));
        this.nodes = receipts.nodes;
        this.registerOutputs({ bundleHash: this.bundleHash, nodes: this.nodes });
    }
}
