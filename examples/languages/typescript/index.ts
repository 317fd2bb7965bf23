import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { NodeCaTrust, RegistryStack, SiteProvider } from "siteregistry";

const config = new pulumi.Config();
const name = config.require("namespace");

// Names are fixed, so a change of content must be an update: a replacement would take the object away first.
const cluster = new k8s.Provider("cluster", { enableConfigMapMutable: true, enableSecretMutable: true });
const providers = [cluster, new SiteProvider("site", {})];

const registry = new RegistryStack(
    "registry",
    {
        objectName: name,
        namespace: name,
        createNamespace: true,
        host: config.require("host"),
        extraHosts: [],
        clusterHosts: [],
        clusterDomain: "cluster.local",
        exposure: "clusterOnly",
        image: "docker.io/library/registry:3.1.2",
        gate: { image: "docker.io/library/nginx:1.28.0", resources: {} },
        replicas: 1,
        resources: {},
        scheduling: {},
        drainSeconds: 30,
        labels: {},
        objectNames: {},
        users: [
            { name: "ci", role: "push" },
            { name: "reader", role: "pull" },
        ],
        storage: { kind: "volume", size: "1Gi", accessMode: "ReadWriteOnce", keepOnDestroy: false },
        cache: { kind: "none", image: "docker.io/library/redis:7.2.5" },
        certificate: {
            mode: "own",
            algorithm: "ECDSA",
            caValidityHours: 87600,
            validityHours: 9528,
            earlyRenewalHours: 720,
            authoritySubject: { organization: "example" },
            subject: { organization: "example" },
        },
        pullSecret: {
            name: "image-pull",
            namespaces: [],
            allowNoMatch: false,
            everywhere: false,
            excludeNamespaces: [],
            serviceAccounts: [],
            copier: { image: "docker.io/library/node:24.21.0-slim" },
        },
    },
    { providers },
);

const trust = new NodeCaTrust(
    "trust",
    {
        namespace: config.require("trustNamespace"),
        image: "docker.io/library/registry:3.1.2",
        pools: [{ name: "default", selector: {}, runtime: "containerd", registryDirectory: "/etc/containerd/certs.d" }],
        registries: [{ host: config.require("host"), url: registry.clusterUrl, caBundle: registry.caBundle }],
        foreign: "merge",
        mend: "none",
        timeoutSeconds: 120,
    },
    { providers, dependsOn: [registry] },
);

export const { host, caBundle, passwords } = registry;
export const { nodes } = trust;
