import { isIP } from "node:net";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { doNotAwait } from "./kubernetes/awaiting.ts";
import { checksum } from "./kubernetes/checksum.ts";
import { labels } from "./kubernetes/labels.ts";
import { createCertificates } from "./registry/certificates.ts";
import { createExposure, type Exposure } from "./registry/exposure.ts";
import { createPullSecrets, type PullSecretArgs } from "./registry/pullSecrets.ts";
import { containerPort, registryConfig } from "./registry/registryConfig.ts";
import { createUsers, type User } from "./registry/users.ts";
import { createWorkload } from "./registry/workload.ts";

/** A user of the registry. */
export interface RegistryUserArgs {
    /** Login name. Plain, because names decide which resources exist. */
    name: string;
    /** Password given by hand, at most 72 bytes. Kept secret. Without it, one of 32 characters is generated. */
    password?: pulumi.Input<string>;
}

/** The registry's volume. */
export interface RegistryStorageArgs {
    /** Size, as Kubernetes writes it, such as `20Gi`. */
    size: pulumi.Input<string>;
    /** StorageClass. Without it, the cluster's default. */
    storageClass?: pulumi.Input<string> | undefined;
    /** Whether deleting the component leaves the volume, and the namespace it is in, in place. */
    keepOnDestroy: boolean;
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
    /** When the server certificate ends, RFC 3339. */
    declare readonly certificateExpiry: pulumi.Output<string>;
    /** Passwords by user name. Secret. */
    declare readonly passwords: pulumi.Output<Record<string, string>>;
    /** The users, for what logs in on their behalf. */
    readonly users: readonly User[];

    constructor(name: string, args: RegistryStackArgs, opts?: pulumi.ComponentResourceOptions) {
        const given = args.users.map((user) => ({
            name: user.name,
            ...(user.password === undefined ? {} : { password: pulumi.secret(user.password) }),
        }));
        super("siteregistry:index:RegistryStack", name, { ...args, users: given }, opts);
        const { namespace: namespaceName, objectName, storage } = args;
        const port = containerPort;
        const hosts = [args.host, ...args.extraHosts];
        const serviceHosts = serviceNames(objectName, namespaceName, args.clusterDomain);
        const serverLabels = labels(objectName, "registry");
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
                dnsNames: [...hosts, ...serviceHosts, ...args.clusterHosts.filter((host) => isIP(host) === 0)],
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
        const config = registryConfig(args.host);
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
                claimName: claim.metadata.name,
            },
            inNamespace,
        );
        createExposure(
            name,
            { exposure: args.exposure, objectName, namespace: namespaceName, labels: serverLabels.all, hosts, port },
            inNamespace,
        );
        createPullSecrets(
            name,
            {
                objectName,
                namespace: namespaceName,
                hosts: [...hosts, ...serviceHosts.map((host) => `${host}:${port.toString()}`)],
                user: this.pullUser(args.pullSecret.user, users.list),
                pullSecret: args.pullSecret,
            },
            inNamespace,
        );

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

    /** The user that pods pull as: the one that was chosen, else the first. */
    private pullUser(chosen: string | undefined, users: readonly User[]): User {
        const user = users.find((one) => one.name === chosen) ?? users[0];
        if (user !== undefined) return user;
        throw new pulumi.ResourceError("users: none is given; a registry needs at least one", this, true);
    }
}

/** The names under which pods reach a Service, shortest first (Kubernetes DNS specification, section 2.3). */
export function serviceNames(service: string, namespace: string, clusterDomain: string): string[] {
    const scoped = `${service}.${namespace}`;
    return [service, scoped, `${scoped}.svc`, `${scoped}.svc.${clusterDomain}`];
}
