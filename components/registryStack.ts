import { isIP } from "node:net";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { doNotAwait } from "./kubernetes/awaiting.ts";
import { checksum } from "./kubernetes/checksum.ts";
import { labels } from "./kubernetes/labels.ts";
import { createCache, type RegistryCacheArgs } from "./registry/cache.ts";
import { createCertificates } from "./registry/certificates.ts";
import { dockerConfig } from "./registry/dockerConfig.ts";
import { createExposure, type Exposure } from "./registry/exposure.ts";
import { containerPort, paths, registryConfig } from "./registry/registryConfig.ts";
import { retainVolume } from "./registry/storage/claim.ts";
import type { StorageFacts } from "./registry/storage/facts.ts";
import { announceKept, keptVolume, nothingKept, type KeptVolume } from "./registry/storage/kept.ts";
import { createStorage, keepsVolume, withSecrets, type RegistryStorageArgs } from "./registry/storage.ts";
import { createUsers, type User } from "./registry/users.ts";
import { createWorkload } from "./registry/workload.ts";

/** A user of the registry. */
export interface RegistryUserArgs {
    /** Login name. Plain, because names decide which resources exist. */
    name: string;
    /** Password given by hand, at most 72 bytes. Kept secret. Without it, one of 32 characters is generated. */
    password?: pulumi.Input<string>;
}

/** How long certificates live. */
export interface RegistryCertificateArgs {
    /** Life of the certificate authority, in hours. */
    caValidityHours: number;
    /** Life of the server certificate, in hours. */
    validityHours: number;
    /** How long before its end an update renews the server certificate, in hours. */
    earlyRenewalHours: number;
}

/** The Secret that pods name under `imagePullSecrets`. */
export interface PullSecretArgs {
    /** Name of the Secret. */
    name: pulumi.Input<string>;
    /** User whose credential it carries. Without it, the first user. */
    user?: string | undefined;
    /** Existing namespaces that get it. Plain, because each is a resource. */
    namespaces: readonly string[];
}

/** Arguments of {@link RegistryStack}. */
export interface RegistryStackArgs {
    /** Name of the Service and of the other objects. Plain: certificates and selectors are made of it. */
    objectName: string;
    /** Namespace. */
    namespace: string;
    /** Whether the namespace is made by the component; otherwise it must be there. */
    createNamespace: boolean;
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
    /** How clients outside the cluster reach it. */
    exposure: Exposure;
    users: readonly RegistryUserArgs[];
    storage: RegistryStorageArgs;
    cache: RegistryCacheArgs;
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
    /** When the server certificate ends, RFC 3339. */
    declare readonly certificateExpiry: pulumi.Output<string>;
    /** What was made of storage. */
    declare readonly storage: pulumi.Output<StorageFacts>;
    /** What stays when the component is deleted, and how it goes on. */
    declare readonly kept: pulumi.Output<KeptVolume>;
    /** Passwords by user name. Secret. */
    declare readonly passwords: pulumi.Output<Record<string, string>>;
    /** The users, for what logs in on their behalf. */
    readonly users: readonly User[];

    constructor(name: string, args: RegistryStackArgs, opts?: pulumi.ComponentResourceOptions) {
        const given = args.users.map((user) => ({
            name: user.name,
            ...(user.password === undefined ? {} : { password: pulumi.secret(user.password) }),
        }));
        super(
            "siteregistry:index:RegistryStack",
            name,
            { ...args, users: given, storage: withSecrets(args.storage) },
            opts,
        );
        const { namespace: namespaceName, objectName, storage } = args;
        const port = containerPort;
        const hosts = [args.host, ...args.extraHosts];
        const serverLabels = labels(objectName, "registry");

        const namespace = args.createNamespace
            ? new k8s.core.v1.Namespace(
                  `${name}-namespace`,
                  { metadata: { name: namespaceName, labels: serverLabels.all } },
                  // The volume's claim is inside: deleting the namespace would delete it too.
                  { parent: this, retainOnDelete: keepsVolume(storage) },
              )
            : undefined;
        const inNamespace = { parent: this, dependsOn: namespace === undefined ? [] : [namespace] };
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
                dnsNames: [
                    ...hosts,
                    ...serviceNames(objectName, namespaceName, args.clusterDomain),
                    ...args.clusterHosts.filter((host) => isIP(host) === 0),
                ],
                ipAddresses: [clusterAddress, ...args.clusterHosts.filter((host) => isIP(host) !== 0)],
                ...args.certificate,
            },
            this,
        );
        const users = createUsers(
            name,
            given.map((user) => ({ name: user.name, givenPassword: user.password })),
            this,
        );
        const httpSecret = new random.RandomPassword(
            `${name}-http-secret`,
            { length: 48, special: false },
            { parent: this },
        );
        const images = createStorage(
            name,
            storage,
            { objectName, namespace: namespaceName, labels: serverLabels.all, directory: paths.storage },
            inNamespace,
        );
        const cache = createCache(
            name,
            args.cache,
            { objectName, namespace: namespaceName, clients: serverLabels.selector },
            inNamespace,
        );
        const config = registryConfig(args.host, { ...images, cacheAddress: cache?.address });
        const server = createWorkload(
            name,
            {
                objectName,
                namespace: namespaceName,
                labels: serverLabels,
                image: args.image,
                config,
                certificate: certificates.certificate,
                privateKey: certificates.privateKey,
                htpasswd: users.htpasswd,
                httpSecret: httpSecret.result,
                storage: images,
                environment: cache?.environment,
            },
            { ...inNamespace, dependsOn: [...inNamespace.dependsOn, ...(cache?.resources ?? [])] },
        );
        createExposure(
            name,
            { exposure: args.exposure, objectName, namespace: namespaceName, labels: serverLabels.all, hosts, port },
            inNamespace,
        );
        this.createPullSecrets(name, args, hosts, users.list);

        const { claimName } = images;
        // Of what the cluster has taken on, not of what was asked: an update that failed must not be compared with.
        this.storage = factsOf(args, claimName ?? server.metadata.name);
        this.kept = pulumi.output(nothingKept);
        if (claimName !== undefined && storage.kind === "volume" && storage.keepOnDestroy) {
            const claim = storage.existingClaim ?? objectName;
            const given = storage.existingClaim !== undefined && !args.createNamespace;
            const kept = { namespace: namespaceName, claim, given };
            const volume = retainVolume(name, { namespace: namespaceName, name: claimName }, server, { parent: this });
            this.kept = volume.apply((bound) => keptVolume(kept, bound));
            announceKept(kept, this);
        }

        this.users = users.list;
        this.host = pulumi.output(args.host);
        this.caBundle = certificates.caBundle;
        this.certificateExpiry = certificates.expiry;
        // Known only once the pods answer: what uses these must not start before.
        const ready = server.metadata.name;
        this.clusterUrl = clusterAddress.apply(
            (address) => `https://${isIP(address) === 6 ? `[${address}]` : address}:${port.toString()}`,
        );
        this.serviceHost = ready.apply(() => `${objectName}.${namespaceName}.svc:${port.toString()}`);
        // The users' lines are salted with what only the state knows, so their digest helps no one to guess a password.
        const met = pulumi.all([clusterAddress, certificates.certificate, users.htpasswd, config, args.image]);
        this.revision = checksum(met.apply((all) => JSON.stringify(all)));
        this.passwords = pulumi.secret(
            pulumi.all(Object.fromEntries(users.list.map((user) => [user.name, user.password]))),
        );
        this.registerOutputs({
            host: this.host,
            caBundle: this.caBundle,
            clusterUrl: this.clusterUrl,
            serviceHost: this.serviceHost,
            certificateExpiry: this.certificateExpiry,
        });
    }

    private createPullSecrets(name: string, args: RegistryStackArgs, hosts: string[], users: readonly User[]): void {
        const user = users.find((one) => one.name === args.pullSecret.user) ?? users[0];
        if (user === undefined)
            throw new pulumi.ResourceError("users: none is given; a registry needs at least one", this, true);
        const logins = user.password.apply((password) =>
            dockerConfig(hosts.map((host) => ({ host, user: user.name, password }))),
        );
        for (const namespace of args.pullSecret.namespaces) {
            new k8s.core.v1.Secret(
                `${name}-pull-${namespace}`,
                {
                    metadata: { name: args.pullSecret.name, namespace, labels: labels(args.objectName, "pull").all },
                    type: "kubernetes.io/dockerconfigjson",
                    stringData: { ".dockerconfigjson": logins },
                },
                { parent: this },
            );
        }
    }
}

/** What the next update compares with, known once `made` is. */
function factsOf(args: RegistryStackArgs, made: pulumi.Output<string>): pulumi.Output<StorageFacts> {
    const { kind, size, storageClass, accessMode, existingClaim, keepOnDestroy } = args.storage;
    const volume = kind === "volume" ? { size, storageClass, accessMode, existingClaim, keepOnDestroy } : {};
    const place = { kind, name: args.objectName, namespace: args.namespace, createNamespace: args.createNamespace };
    return pulumi.all([{ ...place, ...volume }, made]).apply(([facts]) => facts);
}

/** The names under which pods reach a Service, shortest first (Kubernetes DNS specification, section 2.3). */
export function serviceNames(service: string, namespace: string, clusterDomain: string): string[] {
    const scoped = `${service}.${namespace}`;
    return [service, scoped, `${scoped}.svc`, `${scoped}.svc.${clusterDomain}`];
}
