import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { shortHash } from "../../kubernetes/checksum.ts";
import type { RegistryStorage, StoragePlace } from "../storage.ts";

/** A bucket that holds the images. */
export interface RegistryS3Args {
    /** Name of the bucket, which must be there. */
    bucket: string;
    /** Region. */
    region: string;
    /** Address of an S3-compatible server, `http(s)://host[:port]`. Without it, Amazon's. */
    endpoint?: string | undefined;
    /** Roots that have signed the server's certificate, PEM, beside those in the registry's image. */
    caBundle?: string | undefined;
    /** Path in the bucket that everything is kept below. */
    rootDirectory?: string | undefined;
    /** Whether the bucket is named in the path instead of the host name. */
    pathStyle: boolean;
    /** Whether clients fetch layers from the bucket itself. */
    redirect: boolean;
    /** Key that is allowed to read, write, list and delete. Kept secret. */
    accessKey: pulumi.Input<string>;
    /** Secret that belongs to the key. Kept secret. */
    secretKey: pulumi.Input<string>;
}

const trustDirectory = "/etc/registry/storage-ca";

/** Has the registry keep its images in a bucket. */
export function createBucket(
    name: string,
    args: RegistryS3Args,
    place: StoragePlace,
    opts: pulumi.CustomResourceOptions & { parent: pulumi.Resource },
): Omit<RegistryStorage, "writers"> {
    return {
        driver: { s3: s3Driver(args) },
        environment: {
            REGISTRY_STORAGE_S3_ACCESSKEY: pulumi.secret(args.accessKey),
            REGISTRY_STORAGE_S3_SECRETKEY: pulumi.secret(args.secretKey),
        },
        redirect: args.redirect,
        ...(args.caBundle === undefined ? {} : { trust: createTrust(name, args.caBundle, place, opts) }),
    };
}

/** The part of distribution's configuration that is not secret. */
export function s3Driver(args: Omit<RegistryS3Args, "accessKey" | "secretKey">): Record<string, unknown> {
    return {
        bucket: args.bucket,
        region: args.region,
        ...(args.endpoint === undefined ? {} : { regionendpoint: args.endpoint }),
        ...(args.rootDirectory === undefined ? {} : { rootdirectory: args.rootDirectory }),
        forcepathstyle: args.pathStyle,
        secure: args.endpoint?.startsWith("http:") !== true,
    };
}

function createTrust(
    name: string,
    caBundle: string,
    place: StoragePlace,
    opts: pulumi.CustomResourceOptions & { parent: pulumi.Resource },
): Required<RegistryStorage>["trust"] {
    const roots = new k8s.core.v1.ConfigMap(
        `${name}-storage-ca`,
        {
            metadata: {
                // Roots are read once, at start: others are another object, and so another pod.
                name: `${place.objectName}-storage-ca-${shortHash(caBundle)}`,
                namespace: place.namespace,
                labels: place.labels,
            },
            immutable: true,
            data: { "ca.crt": caBundle },
        },
        opts,
    );
    return {
        volume: { name: "storage-ca", configMap: { name: roots.metadata.name } },
        mount: { name: "storage-ca", mountPath: trustDirectory, readOnly: true },
        // A directory beside the file of roots that the image has: Go reads both.
        variable: { name: "SSL_CERT_DIR", value: trustDirectory },
    };
}
