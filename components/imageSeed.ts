import * as pulumi from "@pulumi/pulumi";

import {
    SeededImages,
    type ImageSourceArgs,
    type ListedImageArgs,
    type ServicePortArgs,
} from "../plugin/sdk/seededImages.ts";

/** A login. */
export interface SeedLoginArgs {
    /** Login name. */
    user: pulumi.Input<string>;
    /** Its password. Kept secret whether it comes as one or not. */
    password: pulumi.Input<string>;
}

/** A registry that images are copied to. */
export interface SeedDestinationArgs {
    /** `host[:port]`, as image references name it. Another one is another resource. */
    host: pulumi.Input<string>;
    /** Who logs in; it must be allowed to push. Default: nobody. */
    login?: SeedLoginArgs | undefined;
    /** Roots that sign its certificate besides the well-known ones, PEM. */
    caBundle?: pulumi.Input<string> | undefined;
    /** Whether it speaks HTTP without TLS. Default: false. */
    plainHttp?: pulumi.Input<boolean> | undefined;
    /** Whether its certificate is not looked at. Default: false. */
    insecure?: pulumi.Input<boolean> | undefined;
    /** What stands before every path there. Default: nothing. */
    folder?: pulumi.Input<string> | undefined;
    /** `host[:port]` to connect to in place of `host`. */
    address?: pulumi.Input<string> | undefined;
    /** `auto`, `direct` or `cluster`. Default: `auto`. */
    reach?: pulumi.Input<string> | undefined;
    /** Its Service, for the way through the cluster. */
    service?: pulumi.Input<ServicePortArgs> | undefined;
}

/** Arguments of {@link ImageSeed}. */
export interface ImageSeedArgs {
    /** Where the images come from. */
    source: pulumi.Input<ImageSourceArgs>;
    /** What the source's user logs in with. Kept secret. */
    sourcePassword?: pulumi.Input<string> | undefined;
    /** Which images. Default: everything that the source names. */
    list?: pulumi.Input<pulumi.Input<ListedImageArgs>[]> | undefined;
    /** `path`, `host` or `name`. Default: `path`. */
    layout?: pulumi.Input<string> | undefined;
    /** Where they go. */
    destination: SeedDestinationArgs;
    /** Images that are copied at once. Default: 4. */
    concurrency?: pulumi.Input<number> | undefined;
    /** How long one image may go wrong before it is given up, in seconds. Default: 120. */
    patienceSeconds?: pulumi.Input<number> | undefined;
    /** Whether signatures, attestations and SBOMs come along. Default: true. */
    attached?: pulumi.Input<boolean> | undefined;
}

/** An image that the registry has. */
export interface PlacedImage {
    /** Its reference there: `registry.site.test/library/redis:7`. */
    reference: string;
    /** Digest of its manifest. */
    digest: string;
}

/**
 * Images of a bundle, a folder, an archive or another registry that a registry has, by digest. What is there already is left alone, and
 * what is attached to an image comes along. Taken away, the images stay where they are.
 */
export class ImageSeed extends pulumi.ComponentResource {
    /** What the registry has, without what is attached to images. */
    declare readonly images: pulumi.Output<PlacedImage[]>;

    constructor(name: string, args: ImageSeedArgs, opts?: pulumi.ComponentResourceOptions) {
        const { destination, sourcePassword, ...rest } = args;
        const { login, ...to } = destination;
        const secrets = {
            ...(sourcePassword === undefined ? {} : { sourcePassword: pulumi.secret(sourcePassword) }),
            ...(login === undefined ? {} : { user: login.user, password: pulumi.secret(login.password) }),
        };
        super("siteregistry:index:ImageSeed", name, { ...rest, ...to, ...secrets }, opts);
        const seeded = new SeededImages(`${name}-images`, { ...rest, ...to, ...secrets }, { parent: this });
        this.images = pulumi.all([seeded.images, destination.host]).apply(([images, host]) =>
            images
                .filter(({ attached }) => attached !== true)
                .map(({ repository, tag, digest }) => ({
                    reference: `${host}/${repository}${tag === undefined ? `@${digest}` : `:${tag}`}`,
                    digest,
                })),
        );
        this.registerOutputs({ images: this.images });
    }
}
