import * as pulumi from "@pulumi/pulumi";

import type { QuayConnectionArgs } from "./quayConnection.ts";

/** Arguments of {@link QuayTeam}. */
export interface QuayTeamArgs extends QuayConnectionArgs {
    /** The organisation. Another one is another resource. */
    organization: pulumi.Input<string>;
    /** Name. Another one is another team. */
    name: pulumi.Input<string>;
    /** `member`, `creator` or `admin`. */
    role: pulumi.Input<string>;
}

/** A team of an organisation. */
export class QuayTeam extends pulumi.CustomResource {
    constructor(name: string, args: QuayTeamArgs, opts: pulumi.CustomResourceOptions = {}) {
        const secrets = { additionalSecretOutputs: ["password"] };
        super("siteregistry:index:QuayTeam", name, { ...args }, pulumi.mergeOptions(opts, secrets));
    }
}
