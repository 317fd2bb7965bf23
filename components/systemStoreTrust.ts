import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { NamespaceRemoval } from "../plugin/sdk/namespaceRemoval.ts";
import { NodeTrustReceipts, type NodeTrustReceipt } from "../plugin/sdk/nodeTrustReceipts.ts";
import { shortHash } from "./kubernetes/checksum.ts";
import { doNotAwait } from "./kubernetes/awaiting.ts";
import { labels, labelTexts, poolLabel, trustComponent } from "./kubernetes/labels.ts";
import { hostsBlock } from "./nodeTrust/hostsFile.ts";
import type { HostsEntryArgs } from "./nodeTrust/nodeCaTrustArgs.ts";
import { removalOf, type RemovalFailure } from "./nodeTrust/removal.ts";
import { systemStorePod, turnAnnotation } from "./systemStore/pod.ts";
import { runScript, storeScript } from "./systemStore/script.ts";

/** Arguments of {@link SystemStoreTrust}. */
export interface SystemStoreTrustArgs {
    /** Namespace, made by the component. Who may edit ConfigMaps in it is root on every node. */
    namespace: string;
    /** Image of the container that does it: any with a POSIX shell and `nsenter`. */
    image: pulumi.Input<string>;
    /** Image of the container that stays. Its own program is run. Default: a shell of `image` sleeps. */
    pauseImage?: pulumi.Input<string> | undefined;
    /** Labels that a node must carry, all of them. Empty: every Linux node. */
    selector: Readonly<Record<string, string>>;
    /** Service on the nodes that is restarted when the store has changed. */
    runtimeService: string;
    /** Script to run on the nodes, with the roots in `$TRUSTED_CERT` and `apply` or `remove` as `$1`. Default: the component's own. */
    script?: pulumi.Input<string> | undefined;
    /** Roots to believe, PEM, one or more. Without any, for a script of another purpose, there is no ConfigMap with them. */
    caBundle?: pulumi.Input<string> | undefined;
    /** Names for the nodes' `/etc/hosts`. Default: none, and the file is left alone. */
    hostsEntries?: readonly HostsEntryArgs[] | undefined;
    /** Name of the DaemonSet. Default: the namespace's. */
    daemonSetName?: string | undefined;
    /** Name of the ConfigMap with the roots. Default: the namespace's with `-ca`. */
    certificatesName?: string | undefined;
    /** Name of the ConfigMap with the script. Default: the namespace's with `-script`. */
    scriptName?: string | undefined;
    /** How long an update waits for every Ready node, in seconds. */
    timeoutSeconds: number;
    /** What becomes of a Ready node that does not take its trust back. Default: `wait`. */
    onRemovalFailure?: RemovalFailure | undefined;
    /** Labels of the site's own for every object. They are in no selector. Default: none. */
    labels?: Record<string, string> | undefined;
}

/**
 * Puts roots into the certificate store of every node and restarts its runtime, one node after the other, where something has
 * changed. Running pods go on. It is root on the nodes for that; `NodeCaTrust` does without, and without a restart.
 */
export class SystemStoreTrust extends pulumi.ComponentResource {
    /** Identifies the content that every Ready node has. Known once they have it. */
    declare readonly bundleHash: pulumi.Output<string>;
    /** What each node said last, as of the last update. */
    declare readonly nodes: pulumi.Output<NodeTrustReceipt[]>;

    constructor(name: string, args: SystemStoreTrustArgs, opts?: pulumi.ComponentResourceOptions) {
        super("siteregistry:index:SystemStoreTrust", name, args, opts);
        const owner = args.namespace;
        const { daemonSetName = owner, certificatesName = `${owner}-ca`, scriptName = `${owner}-script` } = args;
        const all = labels(owner, trustComponent, args.labels);
        const metadata = (objectName: string): k8s.types.input.meta.v1.ObjectMeta => ({
            name: objectName,
            namespace: args.namespace,
            labels: all.all,
        });

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
                    labels: { ...all.all, "pod-security.kubernetes.io/enforce": "privileged" },
                },
            },
            { parent: this, dependsOn: [removal] },
        );
        const inside = { parent: this, dependsOn: [namespace] };
        const entries = args.hostsEntries ?? [];
        const hosts = pulumi
            .output([...entries])
            .apply((known) => (known.length === 0 ? "" : hostsBlock(owner, known).trimEnd()));
        const setup = pulumi.output(args.script ?? storeScript());
        const { caBundle } = args;
        const certificates =
            caBundle === undefined
                ? []
                : [
                      new k8s.core.v1.ConfigMap(
                          `${name}-ca`,
                          { metadata: metadata(certificatesName), data: { "ca.crt": caBundle } },
                          inside,
                      ),
                  ];
        const script = new k8s.core.v1.ConfigMap(
            `${name}-script`,
            { metadata: metadata(scriptName), data: { "setup.sh": setup, "run.sh": runScript() } },
            inside,
        );
        const bundle = pulumi
            .all([caBundle ?? "", setup, hosts, args.runtimeService])
            .apply((content) => shortHash(JSON.stringify(content)));
        const agents = new k8s.apps.v1.DaemonSet(
            `${name}-agent`,
            {
                metadata: {
                    ...metadata(daemonSetName),
                    labels: { ...all.all, [poolLabel]: "default" },
                    // The receipts wait instead: they pass over a node that is not Ready, where this would wait for ever.
                    annotations: doNotAwait,
                },
                spec: {
                    selector: { matchLabels: all.selector },
                    // One node at a time, and none after one that failed.
                    updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
                    template: {
                        metadata: { labels: all.all },
                        spec: systemStorePod({
                            ...args,
                            ...{ owner, bundle, hosts, scriptName },
                            certificatesName: caBundle === undefined ? undefined : certificatesName,
                        }),
                    },
                },
            },
            { parent: this, dependsOn: [namespace, ...certificates, script] },
        );
        const receipts = new NodeTrustReceipts(
            `${name}-receipts`,
            {
                ...{ namespace: args.namespace, daemonSets: [daemonSetName], bundles: { [daemonSetName]: bundle } },
                ...{ initContainer: "apply", timeoutSeconds: args.timeoutSeconds, owner },
                // The pods of a new DaemonSet start at once, and do nothing. Once they are there their template is changed, and
                // so the very first round goes node by node too, without anything that would have to watch over it.
                ...{ removeOneByOne: true, turnAnnotation },
                ...removalOf(args),
                triggers: [
                    args.image,
                    ...(args.pauseImage === undefined ? [] : [args.pauseImage]),
                    ...labelTexts(args.labels),
                ],
            },
            { parent: this, dependsOn: [agents] },
        );
        this.bundleHash = receipts.bundles.apply((known) => shortHash(JSON.stringify(known)));
        this.nodes = receipts.nodes;
        this.registerOutputs({ bundleHash: this.bundleHash, nodes: this.nodes });
    }
}
