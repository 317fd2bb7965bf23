import * as pulumi from "@pulumi/pulumi";

import type { QuayConnectionArgs } from "./quayConnection.ts";

/** Who may do what with a repository. */
export interface QuayRepositoryPermissionArgs {
    /** `robot` or `team`. */
    kind: pulumi.Input<string>;
    /** Name without the organisation. */
    name: pulumi.Input<string>;
    /** `read`, `write` or `admin`. */
    role: pulumi.Input<string>;
}

/** Arguments of {@link QuayRepository}. */
export interface QuayRepositoryArgs extends QuayConnectionArgs {
    /** The organisation. Another one is another resource. */
    organization: pulumi.Input<string>;
    /** Name without the organisation. Another one is another repository. */
    name: pulumi.Input<string>;
    /** `private` or `public`. */
    visibility: pulumi.Input<string>;
    /** For people. */
    description?: pulumi.Input<string> | undefined;
    /** Who may do what with it. What a robot may do by default stays. */
    permissions?: pulumi.Input<pulumi.Input<QuayRepositoryPermissionArgs>[]> | undefined;
}

/** A repository of an organisation. It stays where it has tags. */
export class QuayRepository extends pulumi.CustomResource {
    constructor(name: string, args: QuayRepositoryArgs, opts: pulumi.CustomResourceOptions = {}) {
        const secrets = { additionalSecretOutputs: ["password"] };
        super("siteregistry:index:QuayRepository", name, { ...args }, pulumi.mergeOptions(opts, secrets));
    }
}
