import * as pulumi from "@pulumi/pulumi";

import type { QuayConnectionArgs } from "./quayConnection.ts";

/** Arguments of {@link QuayRobot}. */
export interface QuayRobotArgs extends QuayConnectionArgs {
    /** The organisation. Another one is another resource. */
    organization: pulumi.Input<string>;
    /** Name without the organisation. Another one is another robot. */
    name: pulumi.Input<string>;
    /** For people. */
    description?: pulumi.Input<string> | undefined;
    /** What it may do with every repository that is made from now on: `read`, `write` or `admin`. */
    defaultRole?: pulumi.Input<string> | undefined;
}

/** A robot of an organisation. */
export class QuayRobot extends pulumi.CustomResource {
    /** What it logs in as: `<organisation>+<name>`. */
    declare readonly login: pulumi.Output<string>;
    /** What it logs in with. Secret. */
    declare readonly token: pulumi.Output<string>;

    constructor(name: string, args: QuayRobotArgs, opts: pulumi.CustomResourceOptions = {}) {
        const outputs = { login: undefined, token: undefined };
        const secrets = { additionalSecretOutputs: ["password", "token"] };
        super("siteregistry:index:QuayRobot", name, { ...args, ...outputs }, pulumi.mergeOptions(opts, secrets));
    }
}
