import type { KubeObject } from "../../plugin/copier/apiServer.ts";
import { exampleCa } from "../support/exampleCa.ts";

/** Domain of the cluster's routes. */
export const domain = "apps.okd.site.test";
export const configPath = "/apis/imageregistry.operator.openshift.io/v1/configs/cluster";
export const prunerPath = "/apis/imageregistry.operator.openshift.io/v1/imagepruners/cluster";
export const imagePath = "/apis/config.openshift.io/v1/images/cluster";
export const routesPath = "/apis/route.openshift.io/v1/namespaces/openshift-image-registry/routes";
/** What the operator writes as. */
export const operatorManager = "cluster-image-registry-operator";

interface Begun {
    path: string;
    object: KubeObject;
    /** Who writes it, where that matters: who owns its fields from then on. */
    manager?: string;
}

const namespaces = [
    ...["openshift-config", "openshift-config-managed", "openshift-image-registry", "openshift-ingress"],
    ...["openshift-ingress-operator", "apps", "web"],
];

/** What is in a cluster before anybody touches it. */
export function begun(capability: boolean): Begun[] {
    const namespaced: Begun[] = namespaces.map((name) => ({
        path: `/api/v1/namespaces/${name}`,
        object: { apiVersion: "v1", kind: "Namespace", metadata: { name } },
    }));
    const registry: Begun[] = [
        {
            path: configPath,
            manager: operatorManager,
            object: {
                apiVersion: "imageregistry.operator.openshift.io/v1",
                kind: "Config",
                metadata: { name: "cluster" },
                spec: { managementState: "Removed", replicas: 1, rolloutStrategy: "RollingUpdate", logLevel: "Normal" },
            },
        },
        {
            path: prunerPath,
            manager: operatorManager,
            object: {
                apiVersion: "imageregistry.operator.openshift.io/v1",
                kind: "ImagePruner",
                metadata: { name: "cluster" },
                spec: { schedule: "", suspend: false, keepTagRevisions: 3, keepYoungerThanDuration: "60m" },
            },
        },
    ];
    return [
        ...namespaced,
        {
            path: imagePath,
            object: { apiVersion: "config.openshift.io/v1", kind: "Image", metadata: { name: "cluster" }, spec: {} },
        },
        {
            path: "/apis/config.openshift.io/v1/ingresses/cluster",
            object: {
                apiVersion: "config.openshift.io/v1",
                kind: "Ingress",
                metadata: { name: "cluster" },
                spec: { domain },
            },
        },
        {
            path: "/api/v1/namespaces/openshift-config-managed/configmaps/default-ingress-cert",
            object: {
                ...{ apiVersion: "v1", kind: "ConfigMap" },
                metadata: { name: "default-ingress-cert", namespace: "openshift-config-managed" },
                data: { "ca-bundle.crt": exampleCa },
            },
        },
        ...(capability ? registry : []),
    ];
}
