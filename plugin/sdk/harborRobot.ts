import * as pulumi from "@pulumi/pulumi";

/** One thing that a robot may do. */
export interface HarborAccessArgs {
    /** What it is for, as Harbor calls it: `repository`. */
    resource: pulumi.Input<string>;
    /** What is allowed: `pull`, `push`, `list`. */
    action: pulumi.Input<string>;
}

/** What a robot may do in one place. */
export interface HarborPermissionArgs {
    /** `system` or `project`. */
    kind: pulumi.Input<string>;
    /** `/` for `system`; else a project's name, `*` for every one. */
    namespace: pulumi.Input<string>;
    /** What it may do there. At least one. */
    access: pulumi.Input<pulumi.Input<HarborAccessArgs>[]>;
}

/** Arguments of {@link HarborRobot}. */
export interface HarborRobotArgs {
    /** Name without Harbor's prefix. Another name is another robot. */
    name: pulumi.Input<string>;
    /** For people. Default: none. */
    description?: pulumi.Input<string> | undefined;
    /** Days until it expires. Default: -1, never. */
    durationDays?: pulumi.Input<number> | undefined;
    /** Whether it may not log in. Default: false. */
    disabled?: pulumi.Input<boolean> | undefined;
    /** Number of its secret: another number is another secret. Default: 1. */
    generation?: pulumi.Input<number> | undefined;
    /** What it may do. At least one. */
    permissions: pulumi.Input<pulumi.Input<HarborPermissionArgs>[]>;
    /** Whether a robot of that name that is there already is taken over, with a new secret. Default: false, which is an error then. */
    adopt?: pulumi.Input<boolean> | undefined;
}

/** A login for machines at Harbor, of the system, with nothing allowed but what is listed. */
export class HarborRobot extends pulumi.CustomResource {
    /** What it logs in as: Harbor's prefix, and the name. */
    declare readonly login: pulumi.Output<string>;
    /** What it logs in with. Secret. */
    declare readonly secret: pulumi.Output<string>;

    constructor(name: string, args: HarborRobotArgs, opts: pulumi.CustomResourceOptions = {}) {
        const secrets = { additionalSecretOutputs: ["secret"] };
        const inputs = { ...args, login: undefined, secret: undefined };
        super("siteregistry:index:HarborRobot", name, inputs, pulumi.mergeOptions(opts, secrets));
    }
}
