import * as pulumi from "@pulumi/pulumi";
/** Stub until part B. */
export interface NodeTrustReceiptsArgs {
    namespace: pulumi.Input<string>;
    daemonSets: pulumi.Input<pulumi.Input<string>[]>;
    bundles: pulumi.Input<Record<string, pulumi.Input<string>>>;
    initContainer: pulumi.Input<string>;
    timeoutSeconds: pulumi.Input<number>;
    owner: pulumi.Input<string>;
}
/** Stub until part B. */
export interface NodeTrustReceipt {
    node: string;
    pool: string;
    runtime: string;
    status: string;
    bundle: string;
    paths: string[];
    warnings: string[];
    cause?: string;
}
/** Stub until part B. */
export class NodeTrustReceipts extends pulumi.CustomResource {
    declare readonly nodes: pulumi.Output<NodeTrustReceipt[]>;
    declare readonly bundles: pulumi.Output<Record<string, string>>;
    constructor(name: string, args: NodeTrustReceiptsArgs, opts?: pulumi.CustomResourceOptions) {
        super("siteregistry:index:NodeTrustReceipts", name, { ...args, nodes: undefined }, opts);
    }
}
