import * as pulumi from "@pulumi/pulumi";

/** Where images come from. */
export interface ImageSourceArgs {
    /** `bundle`: a file of `npm run bundle`. `directory`: an OCI image layout. `archive`: an OCI or Docker archive. `registry`: another registry. */
    kind: pulumi.Input<string>;
    /** The file or folder, on the machine that runs Pulumi. Not of `registry`. */
    path?: pulumi.Input<string> | undefined;
    /** SHA-256 of that file, 64 hexadecimal digits. Of `bundle` and `archive`. */
    sha256?: pulumi.Input<string> | undefined;
    /** `host[:port]`. Of `registry`. */
    host?: pulumi.Input<string> | undefined;
    /** Who logs in there. Default: nobody. */
    user?: pulumi.Input<string> | undefined;
    /** Roots that sign its certificate besides the well-known ones, PEM. */
    caBundle?: pulumi.Input<string> | undefined;
    /** Whether its certificate is not looked at. Default: false. */
    insecure?: pulumi.Input<boolean> | undefined;
}

/** An image to be taken from the source. */
export interface ListedImageArgs {
    /** Reference at its source: `docker.io/library/redis:7`, `redis:7`, `registry.k8s.io/pause@sha256:…`. */
    image: pulumi.Input<string>;
    /** Digest that it must have. Default: what the source has under that name. */
    digest?: pulumi.Input<string> | undefined;
    /** Its name in the registry, `tools/redis` or `tools/redis:7`. Default: by the layout. */
    as?: pulumi.Input<string> | undefined;
}

/** A Service of the cluster, and the port of the pods behind it. */
export interface ServicePortArgs {
    /** Namespace. */
    namespace: pulumi.Input<string>;
    /** Name of the Service. */
    name: pulumi.Input<string>;
    /** Port on which the pods themselves listen. */
    port: pulumi.Input<number>;
}

/** Arguments of {@link SeededImages}. */
export interface SeededImagesArgs {
    /** Where the images come from. */
    source: pulumi.Input<ImageSourceArgs>;
    /** What the source's user logs in with. Kept secret. */
    sourcePassword?: pulumi.Input<string> | undefined;
    /** Which images. Needed for the kinds `registry` and `archive`. Default: everything that the source names. */
    list?: pulumi.Input<pulumi.Input<ListedImageArgs>[]> | undefined;
    /** `path`: names without the upstream's registry. `host`: with it as the first folder. `name`: the last part alone. Default: `path`. */
    layout?: pulumi.Input<string> | undefined;
    /** What stands before every path, such as a project of Harbor. Default: nothing. */
    folder?: pulumi.Input<string> | undefined;
    /** The registry, `host[:port]` as image references name it. Another one is another resource. */
    host: pulumi.Input<string>;
    /** Whether it speaks HTTP without TLS. Default: false. */
    plainHttp?: pulumi.Input<boolean> | undefined;
    /** Whether its certificate is not looked at. Default: false. */
    insecure?: pulumi.Input<boolean> | undefined;
    /** Who logs in there; it must be allowed to push. Default: nobody. */
    user?: pulumi.Input<string> | undefined;
    /** What the user logs in with. Kept secret. */
    password?: pulumi.Input<string> | undefined;
    /** Roots that sign its certificate besides the well-known ones, PEM. */
    caBundle?: pulumi.Input<string> | undefined;
    /** `host[:port]` to connect to in place of `host`, which this machine need not know then. */
    address?: pulumi.Input<string> | undefined;
    /** `direct`: from this machine. `cluster`: by a port-forward of the Kubernetes API. `auto`: the first that works. Default: `auto`. */
    reach?: pulumi.Input<string> | undefined;
    /** Its Service, for the way through the cluster. */
    service?: pulumi.Input<ServicePortArgs> | undefined;
    /** Images that are copied at once. Default: 4. */
    concurrency?: pulumi.Input<number> | undefined;
    /** How long one thing may go wrong before it is given up, in seconds. Default: 120. */
    patienceSeconds?: pulumi.Input<number> | undefined;
    /** Whether signatures, attestations and the like come along. Default: true. */
    attached?: pulumi.Input<boolean> | undefined;
}

/** A manifest that the registry has. */
export interface SeededImage {
    /** Full reference at its source. Of what is attached to an image: that image's. */
    image: string;
    /** Path in the registry. */
    repository: string;
    /** Undefined where it is found by digest alone. */
    tag?: string;
    /** Digest of the manifest. */
    digest: string;
    /** Whether it belongs to an image and is none itself. */
    attached?: boolean;
    /** Digest of what it points to, where it is an artifact of that. */
    subject?: string;
}

/**
 * Images of a source that a registry has: copied by skopeo, by digest, and looked at after. What is there is left alone. Fails with the
 * name of each image that is not there; the next `up` goes on. Deleting it deletes no image.
 */
export class SeededImages extends pulumi.CustomResource {
    /** What the registry has. */
    declare readonly images: pulumi.Output<SeededImage[]>;

    constructor(name: string, args: SeededImagesArgs, opts?: pulumi.CustomResourceOptions) {
        const { password, sourcePassword, ...plain } = args;
        const secrets = {
            ...(password === undefined ? {} : { password: pulumi.secret(password) }),
            ...(sourcePassword === undefined ? {} : { sourcePassword: pulumi.secret(sourcePassword) }),
        };
        super("siteregistry:index:SeededImages", name, { ...plain, ...secrets, images: undefined }, opts);
    }
}
