import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link QuayReadiness}. */
export interface QuayReadinessArgs {
    /** Namespace of the QuayRegistry. */
    namespace: pulumi.Input<string>;
    /** Its name. */
    registry: pulumi.Input<string>;
    /** Secret in the namespace with its configuration. */
    bundle: pulumi.Input<string>;
    /** Version of its operator, `quay-operator.v3.17.0`: Quay is to run in the same. Default: in whichever it runs. */
    operatorVersion?: pulumi.Input<string> | undefined;
    /** How long its operator may take, in seconds. Default: 1800. */
    timeoutSeconds?: pulumi.Input<number> | undefined;
    /** Whether what to believe of the cluster's router is looked up. Default: true. */
    routerRoots?: pulumi.Input<boolean> | undefined;
    /** Roots of its certificate where the router's are not looked up, PEM. */
    trusted?: pulumi.Input<string> | undefined;
    /** What the operator was told, in any form: when it changes, Quay is waited for again. */
    subject?: pulumi.Input<string> | undefined;
}

/** That a Quay runs, with the configuration that it was given last. It waits, and fails with the operator's own words where nothing will come of it. Deleting it changes nothing. */
export class QuayReadiness extends pulumi.CustomResource {
    /** Public host. */
    declare readonly host: pulumi.Output<string>;
    /** Where it is. */
    declare readonly url: pulumi.Output<string>;
    /** Version that runs. */
    declare readonly version: pulumi.Output<string>;
    /** What clients must trust, PEM. */
    declare readonly caBundle: pulumi.Output<string>;

    constructor(name: string, args: QuayReadinessArgs, opts: pulumi.CustomResourceOptions = {}) {
        const outputs = { host: undefined, url: undefined, version: undefined, caBundle: undefined };
        super("siteregistry:index:QuayReadiness", name, { ...args, ...outputs }, opts);
    }
}
