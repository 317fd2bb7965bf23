import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link SiteProvider}. */
export interface SiteProviderArgs {
    /** Text of a kubeconfig, or a path to one. Kept secret whether it comes as one or not. Without it, kubectl's own default. */
    kubeconfig?: pulumi.Input<string> | undefined;
    /** `http(s)://host[:port]` of a Harbor. Without it, no resource of Harbor can be had. */
    harborUrl?: pulumi.Input<string> | undefined;
    /** Who logs in to it: an administrator, or a robot of the system. */
    harborUsername?: pulumi.Input<string> | undefined;
    /** The password or the robot's secret. Kept secret whether it comes as one or not. */
    harborPassword?: pulumi.Input<string> | undefined;
    /** Roots that sign its certificate, PEM. Default: the well-known ones. */
    harborCaBundle?: pulumi.Input<string> | undefined;
    /** Whether its certificate is not looked at. Default: false. */
    harborInsecure?: pulumi.Input<boolean> | undefined;
}

/** The plugin in `plugin/`, pointed at a cluster and a Harbor. The engine starts it only for stacks that have one of these. */
export class SiteProvider extends pulumi.ProviderResource {
    constructor(name: string, args: SiteProviderArgs, opts?: pulumi.ResourceOptions) {
        const { kubeconfig, harborPassword, harborInsecure, ...plain } = args;
        const secrets = {
            ...(kubeconfig === undefined ? {} : { kubeconfig: pulumi.secret(kubeconfig) }),
            ...(harborPassword === undefined ? {} : { harborPassword: pulumi.secret(harborPassword) }),
        };
        // What a provider is told travels as text.
        const insecure =
            harborInsecure === undefined ? {} : { harborInsecure: pulumi.output(harborInsecure).apply(String) };
        super("siteregistry", name, { ...plain, ...secrets, ...insecure }, opts);
    }
}
