import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import type { ManagementArgs, RouteArgs } from "./okdRegistryArgs.ts";

/** Namespace of the registry, on every cluster. */
export const registryNamespace = "openshift-image-registry";

const config = {
    apiVersion: "imageregistry.operator.openshift.io/v1",
    kind: "Config",
} as const;

/** Takes fields over that the operator wrote when it began. */
const takeOver = { "pulumi.com/patchForce": "true" } as const;

type Spec = Record<string, pulumi.Input<unknown>>;

/**
 * That the registry runs, and where its images are. It stays when the stack goes: without these fields the operator would do nothing any
 * more, and without the storage nobody would find the images.
 */
export function createManagement(
    name: string,
    args: ManagementArgs,
    opts: pulumi.CustomResourceOptions,
): { patch: pulumi.Resource; spec: Spec } {
    const { claim, newClaim, s3, replicas, rolloutStrategy, disableRedirect } = args;
    const before: pulumi.Resource[] = [];
    if (claim !== undefined && newClaim !== undefined) before.push(createClaim(name, claim, newClaim, opts));
    if (s3?.accessKey !== undefined && s3.secretKey !== undefined) before.push(createCredentials(name, s3, opts));
    const spec = { managementState: "Managed", storage: storageOf(args), replicas, rolloutStrategy, disableRedirect };
    const patch = new k8s.apiextensions.CustomResourcePatch(
        `${name}-management`,
        { ...config, metadata: { name: "cluster", annotations: takeOver }, spec },
        pulumi.mergeOptions(opts, { retainOnDelete: true, dependsOn: before }),
    );
    return { patch, spec };
}

/** The operator makes storage of its own, and deletes it, where it is not told that it is ours. */
function storageOf({ claim, s3 }: ManagementArgs): Spec {
    const managementState = "Unmanaged";
    if (claim !== undefined) return { managementState, pvc: { claim } };
    if (s3 === undefined) return { managementState, emptyDir: {} };
    const { bucket, region, regionEndpoint, trustedCa, virtualHostedStyle } = s3;
    const trustedCA = trustedCa === undefined ? {} : { trustedCA: { name: trustedCa } };
    return { managementState, s3: { bucket, region, regionEndpoint, virtualHostedStyle, ...trustedCA } };
}

function createClaim(
    name: string,
    claim: string,
    { size, storageClass, accessMode }: NonNullable<ManagementArgs["newClaim"]>,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
    return new k8s.core.v1.PersistentVolumeClaim(
        `${name}-claim`,
        {
            // The registry's pods come only after it, and a class may wait for them.
            metadata: { name: claim, namespace: registryNamespace, annotations: { "pulumi.com/skipAwait": "true" } },
            spec: {
                accessModes: [accessMode],
                storageClassName: storageClass,
                resources: { requests: { storage: size } },
            },
        },
        // The images are in it, and the registry goes on without the stack.
        pulumi.mergeOptions(opts, { retainOnDelete: true }),
    );
}

function createCredentials(
    name: string,
    { accessKey, secretKey }: NonNullable<ManagementArgs["s3"]>,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
    return new k8s.core.v1.Secret(
        `${name}-bucket`,
        {
            // The name that the operator looks for.
            metadata: { name: "image-registry-private-configuration-user", namespace: registryNamespace },
            stringData: {
                REGISTRY_STORAGE_S3_ACCESSKEY: pulumi.secret(accessKey ?? ""),
                REGISTRY_STORAGE_S3_SECRETKEY: pulumi.secret(secretKey ?? ""),
            },
        },
        pulumi.mergeOptions(opts, { retainOnDelete: true }),
    );
}

/** How it is reached from outside: fields of their own, so that they go with the stack and the others stay. */
export function createExposure(
    name: string,
    defaultRoute: boolean,
    routes: readonly { readonly args: RouteArgs; readonly secretName: string | undefined }[],
    opts: pulumi.CustomResourceOptions,
): { patch: pulumi.Resource; spec: Spec } {
    const listed = routes.map(({ args, secretName }) => ({ name: args.name, hostname: args.host, secretName }));
    const spec = { defaultRoute, ...(listed.length === 0 ? {} : { routes: listed }) };
    const patch = new k8s.apiextensions.CustomResourcePatch(
        `${name}-exposure`,
        { ...config, metadata: { name: "cluster" }, spec },
        opts,
    );
    return { patch, spec };
}
