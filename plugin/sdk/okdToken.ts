import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link OkdToken}. */
export interface OkdTokenArgs {
    /** Namespace of the ServiceAccount. Another one is another token. */
    namespace: pulumi.Input<string>;
    /** The ServiceAccount. Another one is another token. */
    serviceAccount: pulumi.Input<string>;
    /** A Secret of that namespace: the token ends when that is deleted. Another one is another token. */
    boundSecret: pulumi.Input<string>;
    /** How long it shall be good, in hours. The API server may give less. Default: 720. */
    lifetimeHours?: pulumi.Input<number> | undefined;
    /** Another number is another token; the one before stays good until it ends. Default: 1. */
    generation?: pulumi.Input<number> | undefined;
}

/** A token of a ServiceAccount that ends by itself. `up` gets another one when two thirds of its time are over. */
export class OkdToken extends pulumi.CustomResource {
    /** The token. Secret. */
    declare readonly token: pulumi.Output<string>;
    /** When it ends, RFC 3339. */
    declare readonly expiresAt: pulumi.Output<string>;

    constructor(name: string, args: OkdTokenArgs, opts: pulumi.CustomResourceOptions = {}) {
        const outputs = { token: undefined, issuedAt: undefined, expiresAt: undefined };
        const secrets = { additionalSecretOutputs: ["token"] };
        super("siteregistry:index:OkdToken", name, { ...args, ...outputs }, pulumi.mergeOptions(opts, secrets));
    }
}
