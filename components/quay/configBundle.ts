import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";

import type { QuayRegistryArgs } from "./quayRegistryArgs.ts";

/** Quay's configuration as its operator reads it: one Secret. */
export interface ConfigBundle {
    readonly secret: k8s.core.v1.Secret;
    /** Its content. Secret. */
    readonly content: pulumi.Output<Record<string, string>>;
}

/** Makes the bundle. The flag for the first user is off in it: the resource that makes that user turns it on for as long as that takes. */
export function createConfigBundle(
    name: string,
    args: QuayRegistryArgs,
    labels: Record<string, string>,
    opts: pulumi.CustomResourceOptions,
): ConfigBundle {
    const { objectName, namespace, bucket, certificate } = args;
    const content = pulumi.secret(
        pulumi
            .all([bucket?.accessKey, bucket?.secretKey, args.secretConfig, certificate])
            .apply(([accessKey = "", secretKey = "", secretConfig = {}, pair]): Record<string, string> => ({
                "config.yaml": stringify(
                    { ...configOf(args, { accessKey, secretKey }), ...secretConfig },
                    { sortMapEntries: true },
                ),
                ...(pair === undefined ? {} : { "ssl.cert": pair.certificate, "ssl.key": pair.key }),
                ...(bucket?.caBundle === undefined ? {} : { extra_ca_cert_storage: bucket.caBundle }),
            })),
    );
    const metadata = {
        name: `${objectName}-config-bundle`,
        namespace,
        labels,
        // The resource of the first user writes it too, for a while.
        annotations: { "pulumi.com/patchForce": "true" },
    };
    const secret = new k8s.core.v1.Secret(`${name}-bundle`, { metadata, stringData: content }, opts);
    return { secret, content };
}

/** The fields of `config.yaml` that follow from the arguments. What is given wins, but for what makes no sense otherwise. */
function configOf(
    { host, admin, bucket, config }: QuayRegistryArgs,
    keys: { accessKey: string; secretKey: string },
): Record<string, unknown> {
    const automated =
        admin === undefined
            ? {}
            : { SUPER_USERS: [admin.username], BROWSER_API_CALLS_XHR_ONLY: false, FEATURE_USER_CREATION: false };
    return {
        ...automated,
        ...config,
        FEATURE_USER_INITIALIZE: false,
        ...(host === undefined ? {} : { SERVER_HOSTNAME: host, PREFERRED_URL_SCHEME: "https" }),
        ...(bucket === undefined
            ? {}
            : {
                  DISTRIBUTED_STORAGE_CONFIG: {
                      default: [
                          bucket.engine,
                          {
                              access_key: keys.accessKey,
                              secret_key: keys.secretKey,
                              bucket_name: bucket.bucket,
                              hostname: bucket.hostname,
                              port: bucket.port,
                              is_secure: bucket.secure,
                              storage_path: bucket.path,
                          },
                      ],
                  },
                  DISTRIBUTED_STORAGE_PREFERENCE: ["default"],
                  DISTRIBUTED_STORAGE_DEFAULT_LOCATIONS: ["default"],
              }),
    };
}
