import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link CopiedPullSecrets}. Each of them is its identity. */
export interface CopiedPullSecretsArgs {
    /** What tells this site's Secrets from those of others, as a label's value. */
    owner: pulumi.Input<string>;
    /** Name of the Secrets. */
    secretName: pulumi.Input<string>;
    /** With it, only the entries in ServiceAccounts of that name are meant; without it, the Secrets and all entries. */
    serviceAccount?: pulumi.Input<string> | undefined;
}

/** What the copier leaves in the namespaces: nothing is made here, and deleting it takes that away. The copier must depend on it. */
export class CopiedPullSecrets extends pulumi.CustomResource {
    constructor(name: string, args: CopiedPullSecretsArgs, opts?: pulumi.CustomResourceOptions) {
        super("siteregistry:index:CopiedPullSecrets", name, { ...args }, opts);
    }
}
