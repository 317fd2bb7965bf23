import * as pulumi from "@pulumi/pulumi";

import type { HarborFilterArgs } from "./harborRule.ts";

/** How the endpoint of a rule is reached from where Pulumi runs. */
export interface HarborRemoteArgs {
    /** `http(s)://host[:port]`. */
    url: pulumi.Input<string>;
    /** Who logs in. Default: nobody. */
    username?: pulumi.Input<string> | undefined;
    /** What that one logs in with. Kept secret. */
    password?: pulumi.Input<string> | undefined;
    /** Roots that sign its certificate, PEM. */
    caBundle?: pulumi.Input<string> | undefined;
    /** Whether its certificate is not looked at. Default: false. */
    insecure?: pulumi.Input<boolean> | undefined;
}

/** Arguments of {@link HarborRun}. */
export interface HarborRunArgs {
    /** Number of the rule: the `id` of a `HarborRule`. */
    rule: pulumi.Input<string>;
    /** `onChange`: when a trigger changes. `always`: at every `up`. Default: `onChange`. */
    when?: pulumi.Input<string> | undefined;
    /** Texts of which another value makes another run. Default: none. */
    triggers?: pulumi.Input<pulumi.Input<string>[]> | undefined;
    /** Whether `up` waits until it is over and judges it. Default: true. */
    wait?: pulumi.Input<boolean> | undefined;
    /** How long it may take, in seconds, before it is stopped. Default: 3600. */
    timeoutSeconds?: pulumi.Input<number> | undefined;
    /** How long a failure must last, in seconds: Harbor tries again by itself. Default: 130. */
    retryGraceSeconds?: pulumi.Input<number> | undefined;
    /** Whether a run that finds nothing to copy is an error. Default: true. */
    requireImages?: pulumi.Input<boolean> | undefined;
    /** The rule's mode, to compare digests by. */
    mode?: pulumi.Input<string> | undefined;
    /** The rule's filters, to compare digests by. */
    filters?: pulumi.Input<pulumi.Input<HarborFilterArgs>[]> | undefined;
    /** With it, the digest of each tag is compared on both sides after the run. Secret. Default: they are not compared. */
    remote?: pulumi.Input<HarborRemoteArgs> | undefined;
}

/** A tag whose digests were compared. */
export interface HarborComparedImage {
    /** The image with its tag. */
    image: string;
    /** Digest at the source. */
    source: string;
    /** Digest at the destination. */
    destination: string;
}

/** One run of a replication rule, and another whenever it is asked for. `up` fails unless everything was copied. */
export class HarborRun extends pulumi.CustomResource {
    /** Number of the last run. */
    declare readonly run: pulumi.Output<string>;
    /** Repositories that it copied or found to be there, as the destination names them. */
    declare readonly repositories: pulumi.Output<string[]>;
    /** Digests by tag on both sides, where they were compared. */
    declare readonly compared: pulumi.Output<HarborComparedImage[]>;

    constructor(name: string, args: HarborRunArgs, opts?: pulumi.CustomResourceOptions) {
        const remote = args.remote === undefined ? {} : { remote: pulumi.secret(args.remote) };
        const outputs = {
            run: undefined,
            status: undefined,
            total: undefined,
            repositories: undefined,
            compared: undefined,
        };
        super("siteregistry:index:HarborRun", name, { ...args, ...remote, ...outputs }, opts);
    }
}
