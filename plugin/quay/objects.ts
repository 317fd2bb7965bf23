/** Paths of what a Quay by its operator consists of. */
export const paths = {
    registry: (namespace: string, name: string) =>
        `/apis/quay.redhat.com/v1/namespaces/${namespace}/quayregistries/${name}`,
    secret: (namespace: string, name: string) => `/api/v1/namespaces/${namespace}/secrets/${name}`,
    app: (namespace: string, name: string) => `/apis/apps/v1/namespaces/${namespace}/deployments/${name}-quay-app`,
    subscription: (namespace: string, name: string) => `${olm(namespace)}/subscriptions/${name}`,
    plan: (namespace: string, name: string) => `${olm(namespace)}/installplans/${name}`,
    version: (namespace: string, name: string) => `${olm(namespace)}/clusterserviceversions/${name}`,
    definition: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/quayregistries.quay.redhat.com",
} as const;

function olm(namespace: string): string {
    return `/apis/operators.coreos.com/v1alpha1/namespaces/${namespace}`;
}

/** Content of a Secret's entry. */
export function entryOf(secret: object | undefined, key: string): string | undefined {
    const encoded = ((secret as { data?: Record<string, string> } | undefined)?.data ?? {})[key];
    return encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString();
}
