import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { checksum } from "../kubernetes/checksum.ts";
import type { Labels } from "../kubernetes/labels.ts";
import { restrictedContainer, restrictedPod } from "../kubernetes/podSecurity.ts";
import { containerPort, paths } from "./registryConfig.ts";
import type { RegistryStorage } from "./storage.ts";

/** What the registry's pods are made of. */
export interface WorkloadArgs {
    /** Name of the Deployment and prefix of what belongs to it. */
    objectName: string;
    namespace: pulumi.Input<string>;
    labels: Labels;
    image: pulumi.Input<string>;
    /** Text of distribution's configuration file. */
    config: string;
    certificate: pulumi.Output<string>;
    privateKey: pulumi.Output<string>;
    htpasswd: pulumi.Output<string>;
    httpSecret: pulumi.Output<string>;
    /** What holds the images. */
    storage: RegistryStorage;
    /** Secret variables besides those of storage. */
    environment?: Record<string, pulumi.Output<string>> | undefined;
}

/**
 * The registry's Deployment with its configuration and its Secrets.
 * Users are in a mounted file that distribution reads again when it changes, so they are in no checksum:
 * adding one restarts nothing. The certificate is read once, at start, so it is.
 */
export function createWorkload(
    name: string,
    args: WorkloadArgs,
    opts: pulumi.CustomResourceOptions,
): k8s.apps.v1.Deployment {
    const { namespace, objectName, storage } = args;
    const metadata = (suffix: string) => ({ name: `${objectName}-${suffix}`, namespace, labels: args.labels.all });

    const config = new k8s.core.v1.ConfigMap(
        `${name}-config`,
        { metadata: metadata("config"), data: { "config.yml": args.config } },
        opts,
    );
    const certificate = new k8s.core.v1.Secret(
        `${name}-certs`,
        {
            metadata: metadata("certs"),
            type: "kubernetes.io/tls",
            stringData: { "tls.crt": args.certificate, "tls.key": args.privateKey },
        },
        opts,
    );
    const users = new k8s.core.v1.Secret(
        `${name}-users`,
        { metadata: metadata("users"), type: "Opaque", stringData: { htpasswd: args.htpasswd } },
        opts,
    );
    const environment = new k8s.core.v1.Secret(
        `${name}-environment`,
        {
            metadata: metadata("environment"),
            type: "Opaque",
            stringData: { REGISTRY_HTTP_SECRET: args.httpSecret, ...args.environment, ...storage.environment },
        },
        opts,
    );

    return new k8s.apps.v1.Deployment(
        `${name}-server`,
        {
            metadata: { name: objectName, namespace, labels: args.labels.all },
            spec: {
                replicas: 1,
                // A volume for one writer cannot be in the old pod and the new one at once.
                strategy: { type: "Recreate" },
                selector: { matchLabels: args.labels.selector },
                template: {
                    metadata: {
                        labels: args.labels.all,
                        annotations: {
                            "siteregistry/config-checksum": checksum(pulumi.output(args.config)),
                            "siteregistry/certificate-checksum": checksum(args.certificate),
                            ...(storage.environment === undefined
                                ? {}
                                : {
                                      "siteregistry/storage-checksum": checksum(
                                          pulumi.jsonStringify(storage.environment),
                                      ),
                                  }),
                        },
                    },
                    spec: {
                        automountServiceAccountToken: false,
                        enableServiceLinks: false, // their variables would begin with the registry's own prefix
                        securityContext: restrictedPod,
                        terminationGracePeriodSeconds: 70, // longer than http.draintimeout
                        containers: [
                            {
                                name: "registry",
                                image: args.image,
                                imagePullPolicy: "IfNotPresent",
                                args: [`${paths.config}/config.yml`],
                                env: [
                                    { name: "OTEL_TRACES_EXPORTER", value: "none" }, // it defaults to a collector on localhost
                                    ...(storage.trust === undefined ? [] : [storage.trust.variable]),
                                ],
                                envFrom: [{ secretRef: { name: environment.metadata.name } }],
                                ports: [{ name: "registry", containerPort }],
                                // `/` answers 503 while the storage fails; restarting the pod would not mend that.
                                readinessProbe: {
                                    httpGet: { path: "/", port: "registry", scheme: "HTTPS" },
                                    periodSeconds: 2,
                                    timeoutSeconds: 5,
                                },
                                livenessProbe: {
                                    tcpSocket: { port: "registry" },
                                    periodSeconds: 10,
                                    timeoutSeconds: 5,
                                },
                                resources: { requests: { cpu: "50m", memory: "64Mi" } },
                                securityContext: restrictedContainer,
                                volumeMounts: [
                                    { name: "config", mountPath: paths.config, readOnly: true },
                                    { name: "certificate", mountPath: paths.certificate, readOnly: true },
                                    { name: "users", mountPath: paths.users, readOnly: true },
                                    ...(storage.volume === undefined
                                        ? []
                                        : [{ name: "storage", mountPath: paths.storage }]),
                                    ...(storage.trust === undefined ? [] : [storage.trust.mount]),
                                ],
                            },
                        ],
                        volumes: [
                            { name: "config", configMap: { name: config.metadata.name } },
                            { name: "certificate", secret: { secretName: certificate.metadata.name } },
                            { name: "users", secret: { secretName: users.metadata.name } },
                            ...(storage.volume === undefined ? [] : [storage.volume]),
                            ...(storage.trust === undefined ? [] : [storage.trust.volume]),
                        ],
                    },
                },
            },
        },
        opts,
    );
}
