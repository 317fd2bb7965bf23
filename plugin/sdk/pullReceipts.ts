import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link PullReceipts}. */
export interface PullReceiptsArgs {
    /** Namespace of the proof. Another one is another resource. */
    namespace: pulumi.Input<string>;
    /** Name of the DaemonSet whose pods pull. Another one is another resource. */
    daemonSet: pulumi.Input<string>;
    /** The images of its pods, by digest. Another one has the nodes asked again. */
    images: pulumi.Input<pulumi.Input<string>[]>;
    /** How long every Ready node may take, in seconds. */
    timeoutSeconds: pulumi.Input<number>;
}

/** What a node's pull came to. */
export interface PullReceipt {
    /** Name of the node. */
    node: string;
    /** Container runtime and version as the kubelet tells them: `containerd://1.7.24`. */
    runtime: string;
    /** `pulled`; `failed` or `waiting` where `up` did not end well; `notReady` for a node that was not waited for. */
    status: string;
    /** The runtime's own words and what they mean; empty where it pulled. */
    cause: string;
}

/**
 * The evidence that every Ready node has pulled and started the images of a DaemonSet: making it waits for that, within a limit, and a node
 * that could not is named with its runtime's own words and a diagnosis. It must depend on the DaemonSet.
 */
export class PullReceipts extends pulumi.CustomResource {
    /** What every node's pull came to when it was last waited for. A node that comes later makes no change. */
    declare readonly nodes: pulumi.Output<PullReceipt[]>;

    constructor(name: string, args: PullReceiptsArgs, opts?: pulumi.CustomResourceOptions) {
        super("siteregistry:index:PullReceipts", name, { ...args, nodes: undefined }, opts);
    }
}
