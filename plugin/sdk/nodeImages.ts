import * as pulumi from "@pulumi/pulumi";

/** Where images come from. */
export interface NodeImagesSourceArgs {
    /** `bundle`: a file that `npm run bundle` made. `directory`: an OCI image layout. `archive`: an OCI or Docker archive. */
    kind: pulumi.Input<string>;
    /** Of a file, in hexadecimal digits. It is verified before its first byte is used. */
    sha256?: pulumi.Input<string> | undefined;
}

/** Arguments of {@link NodeImages}. */
export interface NodeImagesArgs {
    /** Where the images come from. */
    source: NodeImagesSourceArgs;
    /** Path of the bundle or the directory on the machine of `pulumi up`. Another path to the same is no change. */
    path: pulumi.Input<string>;
    /** Names that pods use. The source must have each of them. */
    images: pulumi.Input<pulumi.Input<string>[]>;
    /** Names of nodes. Either these or `selector`. */
    nodes?: pulumi.Input<pulumi.Input<string>[]> | undefined;
    /** Labels of nodes: every Ready node of Linux that carries all of them. One that joins shows as a change. */
    selector?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
    /** Namespace for the importers. It is made and deleted again, and refused where it is there already. */
    namespace: pulumi.Input<string>;
    /** What tells these pins from those of others on the same nodes. Another one is another resource. */
    owner: pulumi.Input<string>;
    /** Image to start importers from. Default: `auto`, one that the node has. */
    importerImage?: pulumi.Input<string> | undefined;
    /** Path of containerd's socket on the nodes. Default: `auto`, the usual one of containerd, k3s or RKE2. */
    socket?: pulumi.Input<string> | undefined;
    /** How long it may take, in seconds. Default: 900. */
    timeoutSeconds?: pulumi.Input<number> | undefined;
}

/** An image on a node. */
export interface BroughtImage {
    /** Name of the node. */
    node: string;
    /** Full reference of the image. */
    image: string;
    /** Its digest: that of the index where it has several platforms. */
    digest: string;
    /** Every name that it has on the node. */
    names: string[];
    /** `present`: it was there. `imported`: it was sent. */
    how: string;
}

/**
 * Images in the runtime of nodes, and pinned there, with no registry to pull from: they are sent over the Kubernetes API alone. A pod
 * with the node's containerd socket imports them, so whoever may change this resource is root on the nodes.
 * Deleting it takes the pins back. The images stay, and are the kubelet's to collect.
 */
export class NodeImages extends pulumi.CustomResource {
    /** What each node has. Known once every node has all of it. */
    declare readonly brought: pulumi.Output<BroughtImage[]>;

    constructor(name: string, args: NodeImagesArgs, opts?: pulumi.CustomResourceOptions) {
        super("siteregistry:index:NodeImages", name, { ...args, brought: undefined }, opts);
    }
}
