import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { NamespacePullSecrets } from "../../plugin/sdk/namespacePullSecrets.ts";
import { ServiceAccountPullSecret } from "../../plugin/sdk/serviceAccountPullSecret.ts";
import { labels } from "../kubernetes/labels.ts";
import { dockerConfig } from "./dockerConfig.ts";
import { createPullSecretCopier } from "./pullSecretCopier.ts";
import type { Login } from "./users.ts";

/** The Secret that pods name under `imagePullSecrets`, and where it goes. */
export interface PullSecretArgs {
    /** Name of the Secret. Plain: the copier's rights are made of it. */
    name: string;
    /** User whose oldest credential it carries. Without it, the first user of the role `pull`, or the first of all. */
    user?: string | undefined;
    /** Existing namespaces that get it. Plain, because what other keepers leave out is made of them. */
    namespaces: readonly string[];
    /**
     * Of `namespaces`, those whose Secret is a resource of its own, as once every one was. Such a site keeps them so: an update
     * that gave their resources up would take the Secrets away from pods that name them. Default: none.
     */
    separateNamespaces?: readonly string[] | undefined;
    /** Labels of namespaces that get it. The namespaces are looked up at every preview and `up`. Without it, none is. */
    namespaceSelector?: Record<string, string> | undefined;
    /** Whether it is right that no namespace carries those labels any more. */
    allowNoMatch: boolean;
    /** Whether every namespace gets it, one that comes later as well. */
    everywhere: boolean;
    /** Namespaces that `namespaceSelector` and `everywhere` leave out. */
    excludeNamespaces: readonly string[];
    /** ServiceAccounts of those namespaces that hand it to their pods. */
    serviceAccounts: readonly string[];
    /** What `everywhere` runs. */
    copier: PullSecretCopierArgs;
}

/** The copier's pod. */
export interface PullSecretCopierArgs {
    /** Image with Node 24, which runs TypeScript as it stands. */
    image: pulumi.Input<string>;
}

/** What pull secrets are made of. */
export interface PullSecretsArgs {
    /** The registry's name; its objects are called after it. */
    objectName: string;
    /** The registry's namespace. No other site of the cluster has the same, so it tells whose a Secret is. */
    namespace: string;
    /** Registry as image references may name it: every `host` or `host:port`. */
    hosts: readonly string[];
    /** The login that pods pull with. */
    login: Login;
    /** Labels of the site's own. */
    labels: Record<string, string>;
    pullSecret: PullSecretArgs;
}

/** Hands the credential to the namespaces. `inNamespace` are the options of what lives in the registry's own namespace. */
export function createPullSecrets(
    name: string,
    args: PullSecretsArgs,
    inNamespace: pulumi.CustomResourceOptions & { parent: pulumi.Resource },
): void {
    const { objectName, namespace, hosts, login, pullSecret } = args;
    const { parent } = inNamespace;
    const dockerconfigjson = login.password.apply((password) =>
        dockerConfig(hosts.map((host) => ({ host, user: login.name, password }))),
    );
    const siteLabels = args.labels;
    const shared = {
        ...{ owner: namespace, secretName: pullSecret.name, dockerconfigjson },
        // Without any, as in states of before there were these.
        ...(Object.keys(siteLabels).length === 0 ? {} : { siteLabels }),
    };
    const { serviceAccounts, separateNamespaces = [] } = pullSecret;
    const separate = pullSecret.namespaces.filter((one) => separateNamespaces.includes(one));
    for (const target of separate) createSeparate(name, target, { ...args, dockerconfigjson }, parent);
    const namespaces = pullSecret.namespaces.filter((one) => !separateNamespaces.includes(one));
    const list =
        namespaces.length === 0
            ? []
            : [new NamespacePullSecrets(`${name}-pull`, { ...shared, namespaces, serviceAccounts }, { parent })];
    // Named namespaces have a keeper already, which another must not step on.
    const excludedNamespaces = [...pullSecret.excludeNamespaces, ...pullSecret.namespaces];
    if (pullSecret.namespaceSelector !== undefined) {
        const { namespaceSelector: selector, allowNoMatch } = pullSecret;
        new NamespacePullSecrets(
            `${name}-pull-selected`,
            { ...shared, excludedNamespaces, selector, allowNoMatch, serviceAccounts },
            // A namespace may have gone over from one to the other.
            { parent, dependsOn: list },
        );
    }
    if (pullSecret.everywhere) {
        createPullSecretCopier(
            name,
            {
                ...shared,
                ...pullSecret.copier,
                excludedNamespaces,
                objectName,
                namespace,
                serviceAccounts,
                labels: siteLabels,
            },
            inNamespace,
        );
    }
}

/** The Secret in one namespace, as a resource of its own, and one more for each ServiceAccount. */
function createSeparate(
    name: string,
    namespace: string,
    args: PullSecretsArgs & { dockerconfigjson: pulumi.Output<string> },
    parent: pulumi.Resource,
): void {
    const { name: secretName, serviceAccounts } = args.pullSecret;
    const secret = new k8s.core.v1.Secret(
        `${name}-pull-${namespace}`,
        {
            metadata: { name: secretName, namespace, labels: labels(args.objectName, "pull", args.labels).all },
            type: "kubernetes.io/dockerconfigjson",
            stringData: { ".dockerconfigjson": args.dockerconfigjson },
        },
        { parent },
    );
    for (const serviceAccount of serviceAccounts) {
        new ServiceAccountPullSecret(
            `${name}-pull-${namespace}-${serviceAccount}`,
            { namespace, serviceAccount, secretName },
            { parent, dependsOn: [secret] },
        );
    }
}
