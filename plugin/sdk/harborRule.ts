import * as pulumi from "@pulumi/pulumi";

/** What of a registry a rule takes. All filters of a rule must fit. */
export interface HarborFilterArgs {
    /** `name` (of the repository), `tag`, `label`, or `resource`, which Harbor 2.15 keeps and ignores. */
    type: pulumi.Input<string>;
    /** Of `name` and `tag`: a pattern with `*`, `**` for any number of parts, `?` and `{one,other}`. */
    value?: pulumi.Input<string> | undefined;
    /** Of `label`: names of labels that an artifact must carry, all of them. Only Harbor knows labels. */
    labels?: pulumi.Input<pulumi.Input<string>[]> | undefined;
    /** Of `tag` and `label`: `matches` or `excludes`. Default: `matches`. */
    decoration?: pulumi.Input<string> | undefined;
}

/** Arguments of {@link HarborRule}. */
export interface HarborRuleArgs {
    /** Name, unique in the Harbor, at most 256 characters. */
    name: pulumi.Input<string>;
    /** `pull`: from the endpoint into this Harbor. `push`: to it. */
    mode: pulumi.Input<string>;
    /** Number of the endpoint: the `id` of a `HarborEndpoint`. */
    endpoint: pulumi.Input<string>;
    /** Type of the endpoint, so that preview knows it before the endpoint is made. Default: looked up. */
    endpointType?: pulumi.Input<string> | undefined;
    /** For people. Default: none. */
    description?: pulumi.Input<string> | undefined;
    /** What is copied. Default: everything. */
    filters?: pulumi.Input<pulumi.Input<HarborFilterArgs>[]> | undefined;
    /** Project, and what is below it, at the destination. Default: where it stands at the source. */
    destinationNamespace?: pulumi.Input<string> | undefined;
    /** How many levels of the source's path it replaces: 0 none, -1 all but the last. Default: 1. */
    replaceCount?: pulumi.Input<number> | undefined;
    /** `manual`, `scheduled`, or `event_based` for rules that push. Default: `manual`. */
    trigger?: pulumi.Input<string> | undefined;
    /** When a scheduled rule runs: six fields in UTC, beginning with 0 seconds. */
    cron?: pulumi.Input<string> | undefined;
    /** Whether a tag that is there moves to the new image. Default: true. */
    override?: pulumi.Input<boolean> | undefined;
    /** Whether what is deleted here is deleted there, on events. Default: false. */
    deletion?: pulumi.Input<boolean> | undefined;
    /** Most Kbit/s of each worker, which spares the first megabyte of each layer. Default: 0, no limit. */
    speed?: pulumi.Input<number> | undefined;
    /** Whether layers travel in pieces, between Harbors. Default: false. */
    copyByChunk?: pulumi.Input<boolean> | undefined;
    /** Whether only one run of it is under way at a time. Needs Harbor 2.14. Default: false. */
    singleActive?: pulumi.Input<boolean> | undefined;
    /** Whether it runs at all. Default: true. */
    enabled?: pulumi.Input<boolean> | undefined;
    /** Whether a rule of that name that is there already is taken over. Default: false, which is an error then. */
    adopt?: pulumi.Input<boolean> | undefined;
}

/** A replication rule of Harbor. Import it by its number there. */
export class HarborRule extends pulumi.CustomResource {
    constructor(name: string, args: HarborRuleArgs, opts?: pulumi.CustomResourceOptions) {
        super("siteregistry:index:HarborRule", name, { ...args }, opts);
    }
}
