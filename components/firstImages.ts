import * as pulumi from "@pulumi/pulumi";

import { MachineImages } from "../plugin/sdk/machineImages.ts";
import { NodeImages, type BroughtImage, type NodeImagesSourceArgs } from "../plugin/sdk/nodeImages.ts";

/** A machine that gets images over SSH. */
export interface ImageMachineArgs {
    /** Name of the machine, unique. Plain, because it is part of the resource's name. */
    name: string;
    /** IP address or DNS name. */
    address: pulumi.Input<string>;
    /** TCP port of its SSH server. */
    port: pulumi.Input<number>;
    /** Who logs in: root, or a user who may run `sudo` without a password. */
    user: pulumi.Input<string>;
    /** The server's public key, `<kind> <base64>`. */
    hostKey: pulumi.Input<string>;
    /** The user's private key, PEM, without a passphrase. Kept secret. */
    privateKey: pulumi.Input<string>;
}

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
    /** Machines that get the images over SSH. Where it is given, nothing goes over the Kubernetes API. */
    machines?: ImageMachineArgs[] | undefined;
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
    /** What each node or machine has. Known once every one has all of it. */
    declare readonly brought: pulumi.Output<BroughtImage[]>;

    constructor(name: string, args: FirstImagesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("siteregistry:index:FirstImages", name, {}, opts);
        const { machines, ...rest } = args;
        this.brought = machines === undefined ? this.toNodes(name, rest) : this.toMachines(name, machines, rest);
        this.registerOutputs({ brought: this.brought });
    }

    private toNodes(name: string, args: FirstImagesArgs): pulumi.Output<BroughtImage[]> {
        const { nodes, selector = {}, ...rest } = args;
        const chosen = nodes === undefined ? { selector } : { nodes };
        return new NodeImages(`${name}-nodes`, { ...rest, ...chosen }, { parent: this }).brought;
    }

    private toMachines(
        name: string,
        machines: readonly ImageMachineArgs[],
        { source, path, images, owner, socket, timeoutSeconds }: FirstImagesArgs,
    ): pulumi.Output<BroughtImage[]> {
        const shared = { source, path, images, owner, socket, timeoutSeconds };
        const brought = machines.map(({ name: machine, ...connection }) => {
            const resourceArgs = { ...shared, ...connection, machine };
            const made = new MachineImages(`${name}-machine-${machine}`, resourceArgs, { parent: this });
            return made.brought.apply((all) => all.map((one) => ({ node: machine, ...one })));
        });
        return pulumi.all(brought).apply((all) => all.flat());
    }
}
