import type * as pulumi from "@pulumi/pulumi";

/** What is exposed: one registry's Service. */
export interface ExposureTarget {
    /** Name of the Service, and of the objects that expose it. */
    objectName: string;
    /** Namespace of all of them. */
    namespace: string;
    labels: Record<string, string>;
    /** Public hosts, `name` or `name:port`. */
    hosts: readonly string[];
    /** Port of the Service. */
    port: number;
    /** Secret with the server certificate, of type `kubernetes.io/tls`. */
    certificateSecret: pulumi.Input<string>;
    /** Roots to believe behind the Service, PEM. */
    caBundle: pulumi.Input<string>;
    /** Name in the server certificate that the Service is asked for. */
    serverName: string;
}
