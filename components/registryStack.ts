import { isIP } from "node:net";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { doNotAwait } from "./kubernetes/awaiting.ts";
import { checksum } from "./kubernetes/checksum.ts";
import { labels } from "./kubernetes/labels.ts";
import { createCertificates, withSecretKeys, type RegistryCertificateArgs } from "./registry/certificates.ts";
import { certificateNames } from "./registry/certificates/names.ts";
import { dockerConfig } from "./registry/dockerConfig.ts";
import { createExposure, type Exposure } from "./registry/exposure.ts";
import { createDisruptionBudget } from "./registry/disruption.ts";
import { gateConfig } from "./registry/gate.ts";
import { createNetworkPolicy } from "./registry/networkPolicy.ts";
import { containerPort, paths } from "./registry/paths.ts";
import { registryConfig } from "./registry/registryConfig.ts";
import type { SchedulingArgs } from "./registry/scheduling.ts";
import { createUsers, type Login, type RegistryUserArgs } from "./registry/users.ts";
import { createWorkload, type ResourcesArgs } from "./registry/workload.ts";

/** The registry's volume. */
export interface RegistryStorageArgs {
    /** Size, as Kubernetes writes it, such as `20Gi`. */
    size: pulumi.Input<string>;
    /** StorageClass. Without it, the cluster's default. */
    storageClass?: pulumi.Input<string> | undefined;
    /** Whether deleting the component leaves the volume, and the namespace it is in, in place. */
    keepOnDestroy: boolean;
}

/** The Secret that pods name under `imagePullSecrets`. */
export interface PullSecretArgs {
    /** Name of the Secret. */
    name: pulumi.Input<string>;
    /** User whose newest credential it carries. Without it, the first user of the role `pull`, or the first of all. */
    user?: string | undefined;
    /** Existing namespaces that get it. Plain, because each is a resource. */
    namespaces: readonly string[];
}

/** The container in front of the registry: TLS and roles. */
export interface GateArgs {
    /** Image of nginx, 1.22 or newer. */
    image: pulumi.Input<string>;
    resources: ResourcesArgs;
}

/** Arguments of {@link RegistryStack}. */
export interface RegistryStackArgs {
    /** Name of the Service and of the other objects. Plain: certificates and selectors are made of it. */
    objectName: string;
    /** Namespace, made by the component. */
    namespace: string;
    /** Public host name, the one in image references. */
    host: string;
    /** Further public host names. */
    extraHosts: readonly string[];
    /** Further DNS names or IP addresses for the certificate. */
    clusterHosts: readonly string[];
    /** DNS domain of the cluster's services. */
    clusterDomain: string;
    /** Image of the registry (distribution 3). */
    image: pulumi.Input<string>;
    gate: GateArgs;
    /** What clients show when they ask for a login. Without it, the public host name. */
    realm?: string | undefined;
    /** Labels of the site's own for every object. They are in no selector. */
    labels: Record<string, string>;
    /** Pods of the registry. */
    replicas: number;
    /** CPU and memory of the registry's container. */
    resources: ResourcesArgs;
    scheduling: SchedulingArgs;
    /** How long transfers under way may still take when a pod is told to end, in seconds. */
    drainSeconds: number;
    /** How clients outside the cluster reach it. */
    exposure: Exposure;
    users: readonly RegistryUserArgs[];
    storage: RegistryStorageArgs;
    certificate: RegistryCertificateArgs;
    pullSecret: PullSecretArgs;
}

/** A private image registry in a cluster: authority, certificate, users, volume, workload, service, exposure, pull secrets. */
export class RegistryStack extends pulumi.ComponentResource {
    /** Public host name. */
    declare readonly host: pulumi.Output<string>;
    /** Roots that clients must trust, PEM. */
    declare readonly caBundle: pulumi.Output<string>;
    /** `https://<address>:<port>` of the Service: reaches the registry from nodes and pods without DNS. */
    declare readonly clusterUrl: pulumi.Output<string>;
    /** `<service>.<namespace>.svc:<port>`, for pods. */
    declare readonly serviceHost: pulumi.Output<string>;
    /** Changes whenever what clients meet changes: address, certificate, users, configuration, image. Not secret. */
    declare readonly revision: pulumi.Output<string>;
    /** The certificate that the registry serves, PEM. */
    declare readonly certificate: pulumi.Output<string>;
    /** When the server certificate ends, RFC 3339. */
    declare readonly certificateExpiry: pulumi.Output<string>;
    /** When the first of the certificates that it rests on ends, RFC 3339. */
    declare readonly authorityExpiry: pulumi.Output<string>;
    /** Passwords by user name. Secret. */
    declare readonly passwords: pulumi.Output<Record<string, string>>;
    /** The logins, for what logs in on their behalf. */
    readonly logins: readonly Login[];
    /** The login that pull secrets carry. */
    readonly pullLogin: Login;

    constructor(name: string, args: RegistryStackArgs, opts?: pulumi.ComponentResourceOptions) {
        const given = args.users.map((user) => ({
            ...user,
            passwords: Object.fromEntries(
                Object.entries(user.passwords ?? {}).map(([login, password]) => [login, pulumi.secret(password)]),
            ),
        }));
        const certificate = withSecretKeys(args.certificate);
        super("siteregistry:index:RegistryStack", name, { ...args, users: given, certificate }, opts);
        const { namespace: namespaceName, objectName, storage } = args;
        const port = containerPort;
        const hosts = [args.host, ...args.extraHosts];
        const serverLabels = labels(objectName, "registry", args.labels);
        const kept = storage.keepOnDestroy;

        const namespace = new k8s.core.v1.Namespace(
            `${name}-namespace`,
            { metadata: { name: namespaceName, labels: serverLabels.all } },
            // The volume's claim is inside: deleting the namespace would delete it too.
            { parent: this, retainOnDelete: kept },
        );
        const inNamespace = { parent: this, dependsOn: [namespace] };
        const service = new k8s.core.v1.Service(
            `${name}-service`,
            {
                metadata: {
                    name: objectName,
                    namespace: namespaceName,
                    labels: serverLabels.all,
                    annotations: doNotAwait,
                },
                spec: {
                    type: "ClusterIP",
                    selector: serverLabels.selector,
                    ports: [{ name: "registry", port, targetPort: "registry", protocol: "TCP" }],
                },
            },
            inNamespace,
        );
        const clusterAddress = service.spec.clusterIP;

        const certificates = createCertificates(
            name,
            {
                ...certificateNames({
                    hosts,
                    service: objectName,
                    namespace: namespaceName,
                    clusterDomain: args.clusterDomain,
                    extras: args.clusterHosts,
                }),
                ...certificate,
                clusterAddress,
                objectName,
                namespace: namespaceName,
                labels: serverLabels.all,
            },
            inNamespace,
        );
        const users = createUsers(name, given, this);
        const httpSecret = new random.RandomPassword(
            `${name}-http-secret`,
            { length: 48, special: false },
            { parent: this },
        );
        const claim = new k8s.core.v1.PersistentVolumeClaim(
            `${name}-storage`,
            {
                metadata: { name: objectName, namespace: namespaceName, labels: serverLabels.all },
                spec: {
                    accessModes: ["ReadWriteOnce"],
                    resources: { requests: { storage: storage.size } },
                    ...(storage.storageClass === undefined ? {} : { storageClassName: storage.storageClass }),
                },
            },
            { ...inNamespace, retainOnDelete: kept },
        );
        const realm = args.realm ?? args.host;
        const config = registryConfig({ realm, drainSeconds: args.drainSeconds });
        const gate = gateConfig(realm);
        const server = createWorkload(
            name,
            {
                objectName,
                namespace: namespaceName,
                labels: serverLabels,
                image: args.image,
                gateImage: args.gate.image,
                replicas: args.replicas,
                resources: args.resources,
                gateResources: args.gate.resources,
                scheduling: args.scheduling,
                drainSeconds: args.drainSeconds,
                config,
                gateConfig: gate,
                certificateSecret: certificates.secretName,
                users: { htpasswd: users.htpasswd, push: users.pushHtpasswd },
                httpSecret: httpSecret.result,
                storage: {
                    volume: { persistentVolumeClaim: { claimName: claim.metadata.name } },
                    driver: { filesystem: { rootdirectory: paths.storage } },
                    writers: "oneNode",
                    redirect: false,
                },
            },
            inNamespace,
        );
        const served = { objectName, namespace: namespaceName, labels: serverLabels };
        createDisruptionBudget(name, { ...served, replicas: args.replicas }, inNamespace);
        createNetworkPolicy(name, served, inNamespace);
        createExposure(
            name,
            { exposure: args.exposure, objectName, namespace: namespaceName, labels: serverLabels.all, hosts, port },
            inNamespace,
        );
        const chosen = users.logins.filter((login) => login.user === args.pullSecret.user);
        const pullers = users.logins.filter((login) => login.role === "pull");
        const first = users.logins.filter((login) => login.user === (pullers[0] ?? users.logins[0])?.user);
        const pullLogin = chosen.at(-1) ?? first.at(-1);
        if (pullLogin === undefined)
            throw new pulumi.ResourceError("users: none is given; a registry needs at least one", this, true);
        this.createPullSecrets(name, args, hosts, pullLogin);

        this.logins = users.logins;
        this.pullLogin = pullLogin;
        this.host = pulumi.output(args.host);
        this.caBundle = certificates.caBundle;
        this.certificate = certificates.certificate;
        this.certificateExpiry = certificates.expiry;
        this.authorityExpiry = certificates.authorityExpiry;
        // Known only once the pods answer: what uses these must not start before.
        const ready = server.metadata.name;
        this.clusterUrl = clusterAddress.apply(
            (address) => `https://${isIP(address) === 6 ? `[${address}]` : address}:${port.toString()}`,
        );
        this.serviceHost = ready.apply(() => `${objectName}.${namespaceName}.svc:${port.toString()}`);
        // The users' lines are salted with what only the state knows, so their digest helps no one to guess a password.
        const met = pulumi.all([
            clusterAddress,
            certificates.certificate,
            users.htpasswd,
            users.pushHtpasswd,
            config,
            gate,
            args.image,
        ]);
        this.revision = checksum(met.apply((all) => JSON.stringify(all)));
        this.passwords = pulumi.secret(
            pulumi.all(Object.fromEntries(users.logins.map((login) => [login.name, login.password]))),
        );
        this.registerOutputs({
            host: this.host,
            caBundle: this.caBundle,
            clusterUrl: this.clusterUrl,
            serviceHost: this.serviceHost,
            certificateExpiry: this.certificateExpiry,
            authorityExpiry: this.authorityExpiry,
        });
    }

    private createPullSecrets(name: string, args: RegistryStackArgs, hosts: string[], login: Login): void {
        const logins = login.password.apply((password) =>
            dockerConfig(hosts.map((host) => ({ host, user: login.name, password }))),
        );
        for (const namespace of args.pullSecret.namespaces) {
            new k8s.core.v1.Secret(
                `${name}-pull-${namespace}`,
                {
                    metadata: {
                        name: args.pullSecret.name,
                        namespace,
                        labels: labels(args.objectName, "pull", args.labels).all,
                    },
                    type: "kubernetes.io/dockerconfigjson",
                    stringData: { ".dockerconfigjson": logins },
                },
                { parent: this },
            );
        }
    }
}
