import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link SiteProvider}. */
export interface SiteProviderArgs {
    /** Text of a kubeconfig, or a path to one. Kept secret whether it comes as one or not. Without it, kubectl's own default. */
    kubeconfig?: pulumi.Input<string> | undefined;
}

/** The plugin in `plugin/`, pointed at a cluster. The engine starts it only for stacks that have one of these. */
export class SiteProvider extends pulumi.ProviderResource {
    constructor(name: string, args: SiteProviderArgs, opts?: pulumi.ResourceOptions) {
        const { kubeconfig } = args;
        super("siteregistry", name, kubeconfig === undefined ? {} : { kubeconfig: pulumi.secret(kubeconfig) }, opts);
    }
}
