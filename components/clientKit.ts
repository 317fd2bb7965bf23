import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { renderKit } from "./clientKit/kit.ts";
import { labels } from "./kubernetes/labels.ts";

/** Arguments of {@link ClientKit}. */
export interface ClientKitArgs {
    /** Name of the ConfigMap. */
    objectName: string;
    /** Namespace that is there already. */
    namespace: pulumi.Input<string>;
    /** Registries as image references name them, `host` or `host:port`, the main one first. */
    hosts: pulumi.Input<string[]>;
    /** Roots to believe there, PEM, one or more. */
    caBundle: pulumi.Input<string>;
    /** Labels of the site's own. They are in no selector. Default: none. */
    labels?: Record<string, string> | undefined;
}

/**
 * The scripts that make machines outside the cluster trust the registry, in a ConfigMap, for whoever may read it there.
 * Nothing in it is secret. Who may change it can have people run another script: the fingerprints are told apart from it.
 */
export class ClientKit extends pulumi.ComponentResource {
    /** Name of the ConfigMap, known once it is there. */
    declare readonly configMap: pulumi.Output<string>;

    constructor(name: string, args: ClientKitArgs, opts?: pulumi.ComponentResourceOptions) {
        super("siteregistry:index:ClientKit", name, args, opts);
        const files = new k8s.core.v1.ConfigMap(
            `${name}-files`,
            {
                metadata: {
                    name: args.objectName,
                    namespace: args.namespace,
                    labels: labels(args.objectName, "client-kit", args.labels).all,
                },
                data: pulumi
                    .all([args.hosts, args.caBundle])
                    .apply(([hosts, caBundle]) => renderKit({ hosts, caBundle })),
            },
            { parent: this },
        );
        this.configMap = files.metadata.name;
        this.registerOutputs({ configMap: this.configMap });
    }
}
