import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link QuayOperator}. */
export interface QuayOperatorArgs {
    /** Namespace of the Subscription. */
    namespace: pulumi.Input<string>;
    /** Name of the Subscription. */
    subscription: pulumi.Input<string>;
    /** Package that it asks for. Only for messages. */
    package: pulumi.Input<string>;
    /** Channel that it asks for. */
    channel: pulumi.Input<string>;
    /** The version. With `Manual`, only this one is approved. */
    startingCSV?: pulumi.Input<string> | undefined;
    /** `Manual` or `Automatic`. */
    approval: pulumi.Input<string>;
    /** How long OLM may take, in seconds. Default: 1800. */
    timeoutSeconds?: pulumi.Input<number> | undefined;
}

/** That OLM has installed the operator. It approves one version where people must approve, and no other. Deleting it removes that version of the operator. */
export class QuayOperator extends pulumi.CustomResource {
    /** Version that runs. */
    declare readonly installedCSV: pulumi.Output<string>;

    constructor(name: string, args: QuayOperatorArgs, opts: pulumi.CustomResourceOptions = {}) {
        const outputs = { installedCSV: undefined };
        super("siteregistry:index:QuayOperator", name, { ...args, ...outputs }, opts);
    }
}
