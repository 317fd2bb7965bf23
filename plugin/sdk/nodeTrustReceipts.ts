import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link NodeTrustReceipts}. */
export interface NodeTrustReceiptsArgs {
    /** Namespace of the agents. Another one is another resource. */
    namespace: pulumi.Input<string>;
    /** Names of the agents' DaemonSets. A label `siteregistry.dev/pool` on one tells its pool's name; else it is its own. */
    daemonSets: pulumi.Input<pulumi.Input<string>[]>;
    /** Identity of the bundle that the nodes of a DaemonSet shall have, by the DaemonSet's name: what the agent reports as `bundle`. */
    bundles: pulumi.Input<Record<string, pulumi.Input<string>>>;
    /** Name of the init container that reports. Default: `apply`. */
    initContainer?: pulumi.Input<string> | undefined;
    /** How long every Ready node may take, in seconds. */
    timeoutSeconds: pulumi.Input<number>;
    /** What tells this trust from those of others on the same nodes. Another one is another resource. */
    owner: pulumi.Input<string>;
    /** Whether nodes take their trust back one after the other, each after the one before it is well. Default: all at once. */
    removeOneByOne?: pulumi.Input<boolean> | undefined;
    /**
     * Annotation of the pods' template that gives them their turn: it is given once every Ready node has a pod that is well, and
     * nodes then begin one after the other, past those that are not Ready. Default: none, and pods begin at once.
     */
    turnAnnotation?: pulumi.Input<string> | undefined;
    /**
     * What becomes of a Ready node that does not take its trust back in time. `wait`: deleting fails and names it. `leave`: it is
     * left as it is, and a warning names it. Default: `wait`.
     */
    onRemovalFailure?: pulumi.Input<"wait" | "leave"> | undefined;
    /** Whatever else has the nodes asked again when it changes, as an image that the bundle does not tell of. */
    triggers?: pulumi.Input<pulumi.Input<string>[]> | undefined;
}

/** What a node says of its trust. */
export interface NodeTrustReceipt {
    /** Name of the node. */
    node: string;
    /** Name of its pool. */
    pool: string;
    /** Container runtime and version as the kubelet tells them: `containerd://1.7.24`. */
    runtime: string;
    /** `applied`; `failed` or `waiting` where `up` did not end well; `notReady` for a node that was not waited for. */
    status: string;
    /** Identity of its bundle; empty where it has none. */
    bundle: string;
    /** Paths on the node that hold what was written. */
    paths: string[];
    /** What works and might not always. */
    warnings: string[];
    /** Why it is not as it shall be; empty where it is. */
    cause: string;
}

/**
 * The evidence that every Ready node has its bundle: making it waits for that, within a limit, and a node that lags is named with its cause.
 * Deleting it has every node take its trust back, and waits for that too; so it must depend on the DaemonSets, which then go after it.
 */
export class NodeTrustReceipts extends pulumi.CustomResource {
    /** The bundles that every Ready node has, by DaemonSet. Known once they have them. */
    declare readonly bundles: pulumi.Output<Record<string, string>>;
    /** What every node said when it was last waited for. A node that comes later makes no change. */
    declare readonly nodes: pulumi.Output<NodeTrustReceipt[]>;

    constructor(name: string, args: NodeTrustReceiptsArgs, opts?: pulumi.CustomResourceOptions) {
        super("siteregistry:index:NodeTrustReceipts", name, { ...args, nodes: undefined }, opts);
    }
}
