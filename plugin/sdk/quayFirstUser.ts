import * as pulumi from "@pulumi/pulumi";

import type { QuayConnectionArgs } from "./quayConnection.ts";

/** Arguments of {@link QuayFirstUser}. */
export interface QuayFirstUserArgs extends QuayConnectionArgs {
    /** Namespace of the QuayRegistry. */
    namespace: pulumi.Input<string>;
    /** Its name. */
    registry: pulumi.Input<string>;
    /** Secret in the namespace with its configuration. */
    bundle: pulumi.Input<string>;
    /** How long its operator may take, in seconds. Default: 1800. */
    timeoutSeconds?: pulumi.Input<number> | undefined;
    /** Address of the user. */
    email: pulumi.Input<string>;
}

/** The first user of a Quay, who is made once: its flag is on for as long as that takes, and off afterwards. Who is there already must have the password. Deleting it changes nothing. */
export class QuayFirstUser extends pulumi.CustomResource {
    /** Whether this resource has made the user, who else was there. */
    declare readonly created: pulumi.Output<boolean>;

    constructor(name: string, args: QuayFirstUserArgs, opts: pulumi.CustomResourceOptions = {}) {
        const outputs = { created: undefined };
        const secrets = { additionalSecretOutputs: ["password"] };
        super("siteregistry:index:QuayFirstUser", name, { ...args, ...outputs }, pulumi.mergeOptions(opts, secrets));
    }
}
