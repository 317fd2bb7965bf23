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
    /** Existing namespaces that get it. Plain, because each is a resource. */
    namespaces: readonly string[];
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
    const secretName = pullSecret.name;
    const dockerconfigjson = login.password.apply((password) =>
        dockerConfig(hosts.map((host) => ({ host, user: login.name, password }))),
    );
    for (const target of pullSecret.namespaces) {
        const secret = new k8s.core.v1.Secret(
            `${name}-pull-${target}`,
            {
                metadata: { name: secretName, namespace: target, labels: labels(objectName, "pull", args.labels).all },
                type: "kubernetes.io/dockerconfigjson",
                stringData: { ".dockerconfigjson": dockerconfigjson },
            },
            { parent },
        );
        for (const serviceAccount of pullSecret.serviceAccounts) {
            new ServiceAccountPullSecret(
                `${name}-pull-${target}-${serviceAccount}`,
                { namespace: target, serviceAccount, secretName },
                { parent, dependsOn: [secret] },
            );
        }
    }
    // Declared namespaces have a resource of their own, which another keeper must not step on.
    const excludedNamespaces = [...pullSecret.excludeNamespaces, ...pullSecret.namespaces];
    const shared = {
        ...{ owner: namespace, secretName, dockerconfigjson, excludedNamespaces },
        // Without any, as in states of before there were these.
        ...(Object.keys(args.labels).length === 0 ? {} : { siteLabels: args.labels }),
    };
    if (pullSecret.namespaceSelector !== undefined) {
        const { namespaceSelector: selector, allowNoMatch, serviceAccounts } = pullSecret;
        new NamespacePullSecrets(
            `${name}-pull-selected`,
            { ...shared, selector, allowNoMatch, serviceAccounts },
            { parent },
        );
    }
    if (pullSecret.everywhere) {
        const { serviceAccounts, copier } = pullSecret;
        createPullSecretCopier(
            name,
            { ...shared, ...copier, objectName, namespace, serviceAccounts, labels: args.labels },
            inNamespace,
        );
    }
}
