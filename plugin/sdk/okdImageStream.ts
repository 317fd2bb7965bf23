import * as pulumi from "@pulumi/pulumi";

/** One tag that comes from upstream. */
export interface OkdStreamTagArgs {
    /** The tag here. */
    name: pulumi.Input<string>;
    /** Reference of the image upstream, with its registry. */
    from: pulumi.Input<string>;
    /** Whether the cluster imports it again by itself. Default: false, it is held. */
    scheduled?: pulumi.Input<boolean> | undefined;
    /** `PreserveOriginal`: an image for many platforms stays one. `Legacy`: one platform of it. Default: `PreserveOriginal`. */
    importMode?: pulumi.Input<string> | undefined;
    /** `Local`: pods pull it from this registry. `Source`: from upstream. Default: `Local`. */
    referencePolicy?: pulumi.Input<string> | undefined;
    /** Whether upstream's certificate is not looked at. Default: false. */
    insecure?: pulumi.Input<boolean> | undefined;
}

/** Arguments of {@link OkdImageStream}. */
export interface OkdImageStreamArgs {
    /** Existing namespace. Another one is another stream. */
    namespace: pulumi.Input<string>;
    /** Name. Another one is another stream. */
    name: pulumi.Input<string>;
    /** Tags that come from upstream. Default: none, images are pushed. */
    tags?: pulumi.Input<pulumi.Input<OkdStreamTagArgs>[]> | undefined;
    /** Whether the namespace's pods find its images by their bare name. Default: false. */
    lookupLocal?: pulumi.Input<boolean> | undefined;
    /** Another number imports every tag once more, now. Default: 1. */
    request?: pulumi.Input<number> | undefined;
    /** Whether a stream of that name that is there already is taken over. Default: false, which is an error then. */
    adopt?: pulumi.Input<boolean> | undefined;
    /** Whether what was pushed to it is deleted with it. Default: false: then the stream stays. */
    deleteContents?: pulumi.Input<boolean> | undefined;
    /** How long the imports may take, in seconds. Default: 300. */
    timeoutSeconds?: pulumi.Input<number> | undefined;
}

/**
 * An image stream: a repository of an OKD cluster's registry. It is there before anybody pushes, and its tags from upstream are imported
 * before it counts as made. Tags of others stay. Import it by `<namespace>/<name>`.
 */
export class OkdImageStream extends pulumi.CustomResource {
    /** Digest of the newest image by tag, as of the last update or refresh. */
    declare readonly images: pulumi.Output<Record<string, string>>;
    /** Where it is pushed to and pulled from: by the public host where there is one. */
    declare readonly repository: pulumi.Output<string>;

    constructor(name: string, args: OkdImageStreamArgs, opts?: pulumi.CustomResourceOptions) {
        super("siteregistry:index:OkdImageStream", name, { ...args, images: undefined, repository: undefined }, opts);
    }
}
