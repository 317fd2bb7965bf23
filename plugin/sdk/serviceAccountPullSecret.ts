import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link ServiceAccountPullSecret}. Each of them is its identity. */
export interface ServiceAccountPullSecretArgs {
    /** Namespace of the ServiceAccount. */
    namespace: pulumi.Input<string>;
    /** A ServiceAccount that is there already, or appears within half a minute. */
    serviceAccount: pulumi.Input<string>;
    /** Name of the Secret that its pods shall pull with. */
    secretName: pulumi.Input<string>;
}

/**
 * One entry in the `imagePullSecrets` of a ServiceAccount that belongs to somebody else. Other entries are never touched, and this one
 * is removed with the resource. Import it by `<namespace>/<service account>/<secret>`.
 */
export class ServiceAccountPullSecret extends pulumi.CustomResource {
    constructor(name: string, args: ServiceAccountPullSecretArgs, opts?: pulumi.CustomResourceOptions) {
        super("siteregistry:index:ServiceAccountPullSecret", name, { ...args }, opts);
    }
}
