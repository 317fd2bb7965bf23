import type * as pulumi from "@pulumi/pulumi";

/** The operator, as OLM is asked for it. */
export interface QuayOperatorArgs {
    /** Package in the catalogue, `project-quay` on OKD. */
    package: string;
    /** Name of the catalogue. */
    source: string;
    /** Its namespace. */
    sourceNamespace: string;
    /** Channel, `stable-3.17`. */
    channel: string;
    /** The version, `quay-operator.v3.17.0`. With `Manual`, only this one is approved. */
    startingCSV?: string | undefined;
    /** `Manual` or `Automatic`. */
    approval: string;
    /** `AllNamespaces` or `OwnNamespace`. */
    scope: string;
}

/** One part of Quay. */
export interface QuayComponentArgs {
    /** Which of the eleven kinds. */
    kind: string;
    /** Whether the operator runs it. */
    managed: boolean;
    /** Pods. */
    replicas?: number | undefined;
    /** For each pod. */
    resources?: QuayResourcesArgs | undefined;
    /** Size of its volume. */
    volumeSize?: string | undefined;
    /** StorageClass of its volume. */
    storageClassName?: string | undefined;
    /** Variables of its containers. */
    env?: { name: string; value: string }[] | undefined;
}

/** Processors and memory of a pod. */
export interface QuayResourcesArgs {
    /** What a node must have free. Default: the operator's. */
    requests?: { cpu?: string | undefined; memory?: string | undefined } | undefined;
    /** What it may use at most. Default: the operator's. */
    limits?: { cpu?: string | undefined; memory?: string | undefined } | undefined;
}

/** Bounds of an autoscaler. */
export interface QuayBoundsArgs {
    /** Fewest pods. */
    min: number;
    /** Most pods. */
    max: number;
}

/** A bucket for layers. */
export interface QuayBucketArgs {
    /** `RadosGWStorage` or `S3Storage`. */
    engine: string;
    /** Host name of the S3 server. */
    hostname: string;
    /** Its TCP port. */
    port: number;
    /** Whether it speaks TLS. */
    secure: boolean;
    /** Name of the bucket, which must be there. */
    bucket: string;
    /** Where in the bucket. */
    path: string;
    /** Roots of the bucket's certificate, PEM. */
    caBundle?: string | undefined;
    /** Key that may read, write, list and delete. */
    accessKey: pulumi.Input<string>;
    /** What belongs to it. Secret. */
    secretKey: pulumi.Input<string>;
}

/** Who may do what with a repository. */
export interface QuayPermissionArgs {
    /** `robot` or `team`. */
    kind: string;
    /** Name without the organisation. */
    name: string;
    /** `read`, `write` or `admin`. */
    role: string;
}

/** What is in an organisation. */
export interface QuayOrganizationContentArgs {
    /** Name of the organisation, the first part of its images' names. */
    name: string;
    /** Address that Quay writes to. Default: none. */
    email?: string | undefined;
    /** Teams, with the role that each has in it. */
    teams: { name: string; role: string }[];
    /** Logins for machines. */
    robots: {
        name: string;
        description: string;
        /** What it may do with every repository that is made from now on. */
        default?: string | undefined;
        /** Where its login is put for pods. */
        pullSecrets: { namespace: string; name: string }[];
    }[];
    /** Repositories, with who may do what in each. */
    repositories: { name: string; visibility: string; description: string; permissions: QuayPermissionArgs[] }[];
}

/** Arguments of {@link QuayRegistry}. */
export interface QuayRegistryArgs {
    /** Name of the QuayRegistry. */
    objectName: string;
    /** Namespace of all of it. */
    namespace: string;
    /** Whether the namespace is made. */
    createNamespace: boolean;
    /** Installs the operator. Without it, it is there already. */
    operator?: QuayOperatorArgs | undefined;
    /** A `QuayIntegration` of the Bridge operator, which must be there. */
    bridge?: { insecure: boolean; organization: string; credentials: string } | undefined;
    /** Public host. Without it, one below the cluster's ingress domain. */
    host?: string | undefined;
    /** Certificate of that host, each part PEM. Without it, the router's. */
    certificate?:
        { certificate: pulumi.Input<string>; key: pulumi.Input<string>; ca: pulumi.Input<string> } | undefined;
    /** All eleven, each once. */
    components: QuayComponentArgs[];
    /** Autoscalers made here. `horizontalpodautoscaler` is then not managed. */
    autoscaling?: { quay: QuayBoundsArgs; clair: QuayBoundsArgs; mirror: QuayBoundsArgs } | undefined;
    /** Where layers are, unless the operator manages `objectstorage`. */
    bucket?: QuayBucketArgs | undefined;
    /** Fields of `config.yaml`. */
    config: Record<string, unknown>;
    /** Further ones that are secret. */
    secretConfig?: pulumi.Input<Record<string, unknown>> | undefined;
    /** The first user, who is made once. */
    admin?: { username: string; email: string; password?: pulumi.Input<string> | undefined } | undefined;
    /** What is in it. Needs `admin`. */
    organizations: QuayOrganizationContentArgs[];
    /** How long operators may take, in seconds. */
    timeoutSeconds: number;
}
