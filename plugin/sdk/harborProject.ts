import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link HarborProject}. */
export interface HarborProjectArgs {
    /** Name, unique in the Harbor. Another name is another project. */
    name: pulumi.Input<string>;
    /** Whether everybody may pull. Default: false. */
    public?: pulumi.Input<boolean> | undefined;
    /** Most bytes that it holds. Default: -1, no limit. */
    storageLimitBytes?: pulumi.Input<number> | undefined;
    /** Number of an endpoint that it caches: the `id` of a `HarborEndpoint`. Nothing can be pushed or replicated into a cache. */
    proxyEndpoint?: pulumi.Input<string> | undefined;
    /** Whether its images go with it. Default: false: a project with images stays, with a warning. */
    deleteContents?: pulumi.Input<boolean> | undefined;
    /** Whether a project of that name that is there already is taken over. Default: false, which is an error then. */
    adopt?: pulumi.Input<boolean> | undefined;
}

/** A project of Harbor. Import it by its number there. */
export class HarborProject extends pulumi.CustomResource {
    constructor(name: string, args: HarborProjectArgs, opts?: pulumi.CustomResourceOptions) {
        super("siteregistry:index:HarborProject", name, { ...args }, opts);
    }
}
