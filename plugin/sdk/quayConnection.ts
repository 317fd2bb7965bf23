import type * as pulumi from "@pulumi/pulumi";

/** How a Quay is reached, and as whom. Another way to it replaces nothing. */
export interface QuayConnectionArgs {
    /** `https://<host>`. */
    url: pulumi.Input<string>;
    /** Roots besides the well-known ones, PEM. */
    caBundle?: pulumi.Input<string> | undefined;
    /** User of Quay's own database. */
    username: pulumi.Input<string>;
    /** Its password. Secret. */
    password: pulumi.Input<string>;
}
