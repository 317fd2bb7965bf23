import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link NamespacePullSecrets}. */
export interface NamespacePullSecretsArgs {
    /** Labels that a namespace must carry, all of them. Known before anything is made, since preview looks them up. */
    selector: Record<string, string>;
    /** Namespaces left out although they carry them. */
    excludedNamespaces: readonly string[];
    /** Whether it is right that none matches any more. Otherwise that stops the run. */
    allowNoMatch: boolean;
    /** Name of the Secrets. */
    secretName: pulumi.Input<string>;
    /** What tells this site's Secrets from those of others, as a label's value. */
    owner: pulumi.Input<string>;
    /** Docker client configuration. Kept secret whether it comes as one or not. */
    dockerconfigjson: pulumi.Input<string>;
    /** ServiceAccounts of those namespaces that hand the secret to their pods. */
    serviceAccounts: readonly string[];
    /** Further labels for the Secrets. They tell nothing. Default: none. */
    siteLabels?: Record<string, string> | undefined;
}

/** A pull secret in every namespace that carries some labels, as it is found at each preview and `up`. */
export class NamespacePullSecrets extends pulumi.CustomResource {
    /** The namespaces that matched. */
    declare readonly namespaces: pulumi.Output<string[]>;

    constructor(name: string, args: NamespacePullSecretsArgs, opts?: pulumi.CustomResourceOptions) {
        const inputs = { ...args, dockerconfigjson: pulumi.secret(args.dockerconfigjson), namespaces: undefined };
        super("siteregistry:index:NamespacePullSecrets", name, inputs, opts);
    }
}
