import { ApiError, isStatus, type ApiServer, type KubeObject } from "../copier/apiServer.ts";

/** Where OpenShift keeps what the resources here look at and write. */
export const paths = {
    config: "/apis/imageregistry.operator.openshift.io/v1/configs/cluster",
    pruner: "/apis/imageregistry.operator.openshift.io/v1/imagepruners/cluster",
    image: "/apis/config.openshift.io/v1/images/cluster",
    routes: "/apis/route.openshift.io/v1/namespaces/openshift-image-registry/routes",
    configMap: (namespace: string, name: string): string => `/api/v1/namespaces/${namespace}/configmaps/${name}`,
    secret: (namespace: string, name: string): string => `/api/v1/namespaces/${namespace}/secrets/${name}`,
    ingressController:
        "/apis/operator.openshift.io/v1/namespaces/openshift-ingress-operator/ingresscontrollers/default",
} as const;

/** Namespace of what the cluster's administrators configure. */
export const configNamespace = "openshift-config";
/** By this annotation the registry's operator knows the routes that it has made. */
export const ownRoute = "imageregistry.openshift.io";

/** One condition, as every operator writes it. */
export interface Condition {
    type: string;
    status: string;
    reason?: string;
    message?: string;
    /** RFC 3339. */
    lastTransitionTime?: string;
}

/** The condition of that type, if there is one. */
export function conditionOf(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
    return conditions?.find((one) => one.type === type);
}

/** A condition in one line. */
export function inWords({ type, status, reason, message }: Condition): string {
    const detail = [reason, message?.trim()].filter((part) => part !== undefined && part !== "").join(": ");
    return `${type} is ${status}${detail === "" ? "" : ` (${detail})`}`;
}

/**
 * Applies the fields of `object` as `manager`, which from then on owns them. Fields of others stay; one with another value is a
 * conflict, an {@link ApiError} with status 409. Fields that `manager` owned and `object` lacks go, unless another owns them too.
 */
export async function apply(api: ApiServer, path: string, object: object, manager: string): Promise<KubeObject> {
    const headers = { "content-type": "application/apply-patch+yaml" };
    return (await api.send(
        "PATCH",
        `${path}?fieldManager=${encodeURIComponent(manager)}`,
        object,
        headers,
    )) as KubeObject;
}

/** Whether the API server refuses the answer to who asks. */
export function isForbidden(error: unknown): boolean {
    return isStatus(error, 403);
}

/** The words of an error of the API server, without what was asked. */
export function reasonOf(error: unknown): string {
    if (error instanceof ApiError) return error.message.replace(/^.*? with (\d+): /, "$1: ");
    return error instanceof Error ? error.message : String(error);
}
