import * as pulumi from "@pulumi/pulumi";

/** One route besides the default one. */
export interface OkdRouteArgs {
    /** Name of the Route. */
    name: pulumi.Input<string>;
    /** Its public host. */
    host: pulumi.Input<string>;
    /** Its server's certificate, PEM, which the route shall have. Default: whichever it has. */
    certificate?: pulumi.Input<string> | undefined;
}

/** Arguments of {@link OkdRegistryStatus}. */
export interface OkdRegistryStatusArgs {
    /** Whether the registry has the default route. Default: true. */
    defaultRoute?: pulumi.Input<boolean> | undefined;
    /** Its other routes. Default: none. */
    routes?: pulumi.Input<pulumi.Input<OkdRouteArgs>[]> | undefined;
    /** How long the operator may take, in seconds. Default: 600. */
    timeoutSeconds?: pulumi.Input<number> | undefined;
    /** Whether what to believe of the cluster's router is looked up. Default: true. */
    routerRoots?: pulumi.Input<boolean> | undefined;
    /** What the operator was told, in any form: when it changes, the operator is waited for again. */
    subject?: pulumi.Input<string> | undefined;
}

/**
 * That the operator of an OKD cluster's registry has done what it was told. It waits, and fails with the operator's own words where
 * nothing will come of it. Deleting it changes nothing.
 */
export class OkdRegistryStatus extends pulumi.CustomResource {
    /** Public host by the Route's name; the default one is `default-route`. */
    declare readonly hosts: pulumi.Output<Record<string, string>>;
    /** What to believe of the cluster's router, PEM. Empty where it was not looked up. */
    declare readonly routerCaBundle: pulumi.Output<string>;
    /** Where that was found. */
    declare readonly routerCaFrom: pulumi.Output<string>;

    constructor(name: string, args: OkdRegistryStatusArgs, opts?: pulumi.CustomResourceOptions) {
        const outputs = { hosts: undefined, routerCaBundle: undefined, routerCaFrom: undefined };
        super("siteregistry:index:OkdRegistryStatus", name, { ...args, ...outputs }, opts);
    }
}
