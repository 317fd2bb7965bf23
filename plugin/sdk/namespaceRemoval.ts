import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link NamespaceRemoval}. */
export interface NamespaceRemovalArgs {
    /** Name of the namespace. Another one is another resource. */
    namespace: pulumi.Input<string>;
}

/**
 * The end of a namespace that runs pods on every node. The namespace must depend on it and not be waited for itself: deleting this
 * then waits until it is gone. Where only nodes that are not Ready keep it, they are named, and it goes when they are back.
 */
export class NamespaceRemoval extends pulumi.CustomResource {
    constructor(name: string, args: NamespaceRemovalArgs, opts?: pulumi.CustomResourceOptions) {
        super("siteregistry:index:NamespaceRemoval", name, { ...args }, opts);
    }
}
