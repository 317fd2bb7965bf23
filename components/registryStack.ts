import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { checksum } from "./kubernetes/checksum.ts";
import { labels } from "./kubernetes/labels.ts";
import { createCache } from "./registry/cache.ts";
import { createCertificates, withSecretKeys } from "./registry/certificates.ts";
import { certificateNames, serviceNames } from "./registry/certificates/names.ts";
import { createDisruptionBudget } from "./registry/disruption.ts";
import { createExposure } from "./registry/exposure.ts";
import { gateConfig } from "./registry/gate.ts";
import { createNetworkPolicy } from "./registry/networkPolicy.ts";
import { containerPort, paths } from "./registry/paths.ts";
import { createPullSecrets } from "./registry/pullSecrets.ts";
import { registryConfig } from "./registry/registryConfig.ts";
import type { RegistryStackArgs } from "./registry/registryStackArgs.ts";
import { clusterUrl, createService } from "./registry/service.ts";
import { createStorage, keepsVolume, withSecrets } from "./registry/storage.ts";
import { storageFacts, type StorageFacts } from "./registry/storage/facts.ts";
import { keepVolume, type KeptVolume } from "./registry/storage/kept.ts";
import { createUsers, pullLoginOf, withSecretPasswords, type Login } from "./registry/users.ts";
import { createWorkload } from "./registry/workload.ts";

/** A private image registry in a cluster: authority, certificate, users, volume, workload, service, exposure, pull secrets. */
export class RegistryStack extends pulumi.ComponentResource {
    /** Public host, `name` or `name:port`. */
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
    /** Root of each trusted generation of an authority of the component's own, PEM, by its number. Empty with another's. */
    declare readonly certificateAuthorities: pulumi.Output<Record<string, string>>;
    /** What was made of storage. */
    declare readonly storage: pulumi.Output<StorageFacts>;
    /** What stays when the component is deleted, and how it goes on. */
    declare readonly kept: pulumi.Output<KeptVolume>;
    /** Passwords by login name. Secret. */
    declare readonly passwords: pulumi.Output<Record<string, string>>;
    /** The logins, for what logs in on their behalf. */
    readonly logins: readonly Login[];
    /** The login that pull secrets carry. */
    readonly pullLogin: Login;

    constructor(name: string, args: RegistryStackArgs, opts?: pulumi.ComponentResourceOptions) {
        const given = withSecretPasswords(args.users);
        const certificate = withSecretKeys(args.certificate);
        super(
            "siteregistry:index:RegistryStack",
            name,
            { ...args, users: given, certificate, storage: withSecrets(args.storage) },
            opts,
        );
        const { namespace: namespaceName, objectName, storage } = args;
        const port = containerPort;
        const hosts = [args.host, ...args.extraHosts];
        const serverLabels = labels(objectName, "registry", args.labels);

        const namespace = args.createNamespace
            ? new k8s.core.v1.Namespace(
                  `${name}-namespace`,
                  {
                      metadata: {
                          name: namespaceName,
                          labels: { ...serverLabels.all, "pod-security.kubernetes.io/enforce": "restricted" },
                      },
                  },
                  // The volume's claim is inside: deleting the namespace would delete it too.
                  { parent: this, retainOnDelete: keepsVolume(storage) },
              )
            : undefined;
        const inNamespace = { parent: this, dependsOn: namespace === undefined ? [] : [namespace] };
        const serviceHosts = serviceNames(objectName, namespaceName, args.clusterDomain).map(
            (host) => `${host}:${port.toString()}`,
        );
        // The name that pods and Traefik ask for: it needs no cluster domain.
        const serviceName = `${objectName}.${namespaceName}.svc`;
        const served = { objectName, namespace: namespaceName, labels: serverLabels };
        const { clusterAddress, publicAddresses } = createService(
            name,
            { ...args, ...served, hosts, port },
            inNamespace,
        );
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
                publicAddresses,
                objectName,
                secretName: args.objectNames.certs,
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
        const images = createStorage(
            name,
            storage,
            { objectName, namespace: namespaceName, labels: serverLabels.all, directory: paths.storage },
            inNamespace,
        );
        const cache = createCache(
            name,
            args.cache,
            { objectName, namespace: namespaceName, clients: serverLabels.selector, labels: args.labels },
            inNamespace,
        );
        const realm = args.realm ?? args.host;
        const config = registryConfig({
            realm,
            drainSeconds: args.drainSeconds,
            storage: { ...images, cacheAddress: cache?.address },
        });
        const gate = gateConfig({ realm, files: images.volume === undefined ? undefined : paths.storage });
        const server = createWorkload(
            name,
            {
                objectName,
                objectNames: args.objectNames,
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
                storage: images,
                environment: cache?.environment ?? {},
            },
            { ...inNamespace, dependsOn: [...inNamespace.dependsOn, ...(cache?.resources ?? [])] },
        );
        createDisruptionBudget(name, { ...served, replicas: args.replicas }, inNamespace);
        createNetworkPolicy(name, served, inNamespace);
        createExposure(
            name,
            {
                objectName,
                namespace: namespaceName,
                labels: serverLabels.all,
                hosts,
                port,
                certificateSecret: certificates.secretName,
                caBundle: certificates.caBundle,
                serverName: serviceName,
            },
            args,
            inNamespace,
        );
        const pullLogin = pullLoginOf(users.logins, args.pullSecret.user);
        if (pullLogin === undefined)
            throw new pulumi.ResourceError("users: none is given; a registry needs at least one", this, true);
        createPullSecrets(
            name,
            {
                objectName,
                namespace: namespaceName,
                hosts: [...hosts, ...serviceHosts],
                login: pullLogin,
                pullSecret: args.pullSecret,
                labels: args.labels,
            },
            inNamespace,
        );

        this.storage = storageFacts(args, images.claimName ?? server.metadata.name);
        this.kept = keepVolume(name, args, images.claimName, server, this);
        this.logins = users.logins;
        this.pullLogin = pullLogin;
        this.host = pulumi.output(args.host);
        this.caBundle = certificates.caBundle;
        this.certificate = certificates.certificate;
        this.certificateExpiry = certificates.expiry;
        this.authorityExpiry = certificates.authorityExpiry;
        this.certificateAuthorities = pulumi.all(certificates.authorities ?? {});
        // Known only once the pods answer: what uses these must not start before.
        const ready = server.metadata.name;
        this.clusterUrl = clusterAddress.apply((address) => clusterUrl(address, port));
        this.serviceHost = ready.apply(() => `${serviceName}:${port.toString()}`);
        // The users' lines are salted with what only the state knows, so their digest helps no one to guess a password.
        const met = pulumi.all([
            [args.exposure, ...hosts],
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
}
