import * as pulumi from "@pulumi/pulumi";

import { NodeImages, type BroughtImage, type NodeImagesSourceArgs } from "../plugin/sdk/nodeImages.ts";

/** Arguments of {@link FirstImages}. */
export interface FirstImagesArgs {
    /** Where the images come from. */
    source: NodeImagesSourceArgs;
    /** Path of the bundle or the directory on the machine of `pulumi up`. */
    path: pulumi.Input<string>;
    /** Names that pods use. The source must have each of them. */
    images: pulumi.Input<pulumi.Input<string>[]>;
    /** Names of nodes. Without it, `selector` tells them. */
    nodes?: pulumi.Input<pulumi.Input<string>[]> | undefined;
    /** Labels of nodes, where `nodes` is not given. Default: every Ready node of Linux. */
    selector?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
    /** Namespace for the importers. It is made and deleted again. */
    namespace: pulumi.Input<string>;
    /** What tells these pins from those of others on the same nodes. */
    owner: pulumi.Input<string>;
    /** Image to start importers from. Default: `auto`, one that the node has. */
    importerImage?: pulumi.Input<string> | undefined;
    /** Path of containerd's socket on the nodes. Default: `auto`. */
    socket?: pulumi.Input<string> | undefined;
    /** How long it may take, in seconds. Default: 900. */
    timeoutSeconds?: pulumi.Input<number> | undefined;
}

/**
 * The very first images of a site: what its registry itself is made of, in the runtime of nodes that have no registry to pull from.
 * What runs from them must depend on this. It also runs again there, since the images are pinned.
 */
export class FirstImages extends pulumi.ComponentResource {
    /** What each node has. Known once every node has all of it. */
    declare readonly brought: pulumi.Output<BroughtImage[]>;

    constructor(name: string, args: FirstImagesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("siteregistry:index:FirstImages", name, {}, opts);
        const { nodes, selector = {}, ...rest } = args;
        const chosen = nodes === undefined ? { selector } : { nodes };
        const images = new NodeImages(`${name}-nodes`, { ...rest, ...chosen }, { parent: this });
        this.brought = images.brought;
        this.registerOutputs({ brought: this.brought });
    }
}
