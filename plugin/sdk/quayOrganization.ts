import * as pulumi from "@pulumi/pulumi";

import type { QuayConnectionArgs } from "./quayConnection.ts";

/** Arguments of {@link QuayOrganization}. */
export interface QuayOrganizationArgs extends QuayConnectionArgs {
    /** Name. Another one is another organisation. */
    name: pulumi.Input<string>;
    /** Address. */
    email?: pulumi.Input<string> | undefined;
}

/** An organisation of a Quay. One that is there is taken over. It stays where it has repositories. */
export class QuayOrganization extends pulumi.CustomResource {
    constructor(name: string, args: QuayOrganizationArgs, opts: pulumi.CustomResourceOptions = {}) {
        const secrets = { additionalSecretOutputs: ["password"] };
        super("siteregistry:index:QuayOrganization", name, { ...args }, pulumi.mergeOptions(opts, secrets));
    }
}
