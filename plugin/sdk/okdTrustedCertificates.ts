import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link OkdTrustedCertificates}. */
export interface OkdTrustedCertificatesArgs {
    /** What tells these entries from those of other stacks on the same cluster. Another one is another resource. */
    owner: pulumi.Input<string>;
    /** PEM by the registry's host, `host` or `host:port`. */
    certificates: pulumi.Input<Record<string, pulumi.Input<string>>>;
    /** Name of the ConfigMap that is made where the cluster refers to none. Default: `siteregistry-trusted-ca`. */
    configMap?: pulumi.Input<string> | undefined;
}

/**
 * What an OKD cluster's nodes, registry and imports believe besides what they know: entries in the ConfigMap that
 * `image.config.openshift.io/cluster` refers to as `additionalTrustedCA`. There can be only one, so what others have in it stays, and so
 * does a reference of theirs. Deleting it takes back its own entries alone.
 */
export class OkdTrustedCertificates extends pulumi.CustomResource {
    /** Name of the ConfigMap in `openshift-config` that they are in. */
    declare readonly usedConfigMap: pulumi.Output<string>;

    constructor(name: string, args: OkdTrustedCertificatesArgs, opts?: pulumi.CustomResourceOptions) {
        super("siteregistry:index:OkdTrustedCertificates", name, { ...args, usedConfigMap: undefined }, opts);
    }
}
