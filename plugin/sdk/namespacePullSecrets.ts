import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link NamespacePullSecrets}. */
export interface NamespacePullSecretsArgs {
    /** The namespaces by name. Either these or `selector`. Default: none. */
    namespaces?: readonly string[] | undefined;
    /** Labels that a namespace must carry, all of them. Known before anything is made, since preview looks them up. Default: none. */
    selector?: Record<string, string> | undefined;
    /** Namespaces left out although they carry them. Default: none. */
    excludedNamespaces?: readonly string[] | undefined;
    /** Whether it is right that none matches any more. Otherwise that stops the run. Default: false. */
    allowNoMatch?: boolean | undefined;
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

/**
 * A pull secret in many namespaces: those that are named, or every one that carries some labels, as they are found at each
 * preview and `up`. One resource for all of them, since an engine whose state is a file writes it whole for each resource.
 */
export class NamespacePullSecrets extends pulumi.CustomResource {
    /** The namespaces named, or those that matched. */
    declare readonly namespaces: pulumi.Output<string[]>;

    constructor(name: string, args: NamespacePullSecretsArgs, opts?: pulumi.CustomResourceOptions) {
        // An output as well, which the SDK must know of where the namespaces are looked up.
        const inputs = { namespaces: undefined, ...args, dockerconfigjson: pulumi.secret(args.dockerconfigjson) };
        super("siteregistry:index:NamespacePullSecrets", name, inputs, opts);
    }
}
