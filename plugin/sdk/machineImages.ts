import * as pulumi from "@pulumi/pulumi";

import type { NodeImagesSourceArgs } from "./nodeImages.ts";

/** Arguments of {@link MachineImages}. */
export interface MachineImagesArgs {
    /** Where the images come from. */
    source: NodeImagesSourceArgs;
    /** Path of the bundle or the directory on the machine of `pulumi up`. Another path to the same is no change. */
    path: pulumi.Input<string>;
    /** Names that whoever runs containers there uses. The source must have each of them. */
    images: pulumi.Input<pulumi.Input<string>[]>;
    /** What people call the machine. Another one is another resource. */
    machine: pulumi.Input<string>;
    /** IP address or DNS name. */
    address: pulumi.Input<string>;
    /** TCP port of its SSH server. Default: 22. */
    port?: pulumi.Input<number> | undefined;
    /** Who logs in: root, or a user who may run `sudo` without a password. Default: root. */
    user?: pulumi.Input<string> | undefined;
    /** The server's public key, `<kind> <base64>`. A server that shows another one is not spoken to. */
    hostKey: pulumi.Input<string>;
    /** The user's private key, PEM, without a passphrase. Kept secret whether it comes as one or not. */
    privateKey: pulumi.Input<string>;
    /** What tells these pins from those of others on the same machine. Another one is another resource. */
    owner: pulumi.Input<string>;
    /** Path of containerd's socket. Default: `auto`, the usual one of containerd, k3s or RKE2. */
    socket?: pulumi.Input<string> | undefined;
    /** How long it may take, in seconds. Default: 900. */
    timeoutSeconds?: pulumi.Input<number> | undefined;
}

/** An image that the machine has. */
export interface MachineImage {
    /** Full reference at its source. */
    image: string;
    /** Digest of its manifest. */
    digest: string;
    /** Names that it has there. */
    names: string[];
    /** `imported`, or `present` where it was there before. */
    how: string;
}

/**
 * Images in containerd of one machine, and pinned there, brought over SSH: what {@link NodeImages} does where there is no Kubernetes API,
 * or where it may not. It needs OpenSSH's client on the machine of `pulumi up`, and containerd with its `ctr` on the other.
 * Deleting it takes the pins back. The images stay.
 */
export class MachineImages extends pulumi.CustomResource {
    /** Full references of what the machine has. Known once it has all of it. */
    declare readonly brought: pulumi.Output<MachineImage[]>;

    constructor(name: string, args: MachineImagesArgs, opts?: pulumi.CustomResourceOptions) {
        const privateKey = pulumi.secret(args.privateKey);
        super("siteregistry:index:MachineImages", name, { ...args, privateKey, brought: undefined }, opts);
    }
}
