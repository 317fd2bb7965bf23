import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { labels } from "./kubernetes/labels.ts";
import { dockerConfig } from "./registry/dockerConfig.ts";

/** Arguments of {@link SitePullSecrets}. */
export interface SitePullSecretsArgs {
    /** Registry as image references name it: `host` or `host:port`. */
    host: pulumi.Input<string>;
    /** Login name there. */
    user: pulumi.Input<string>;
    /** Its password. Kept secret whether it comes as one or not. */
    password: pulumi.Input<string>;
    /** Name of the Secret. */
    objectName: string;
    /** Existing namespaces that get it. Plain, because each has a Secret of its own. */
    namespaces: readonly string[];
}

/** A login at a registry of another site, as a Secret that pods pull with. */
export class SitePullSecrets extends pulumi.ComponentResource {
    constructor(name: string, args: SitePullSecretsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("siteregistry:index:SitePullSecrets", name, {}, opts);
        const { host, user, password } = args;
        const config = pulumi
            .secret(pulumi.all([host, user, password]))
            .apply(([registry, login, word]) => dockerConfig([{ host: registry, user: login, password: word }]));
        for (const namespace of args.namespaces) {
            new k8s.core.v1.Secret(
                `${name}-${namespace}`,
                {
                    metadata: { name: args.objectName, namespace, labels: labels(name, "pull").all },
                    type: "kubernetes.io/dockerconfigjson",
                    stringData: { ".dockerconfigjson": config },
                },
                { parent: this },
            );
        }
        this.registerOutputs({});
    }
}
