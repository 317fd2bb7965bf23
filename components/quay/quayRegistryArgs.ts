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

/** A variable of a container. */
export interface QuayVariableArgs {
    /** Its name. */
    name: string;
    /** Its text. */
    value: string;
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
    env?: QuayVariableArgs[] | undefined;
}

/** Amounts of what a node has, as Kubernetes writes them. */
export interface QuayAmountsArgs {
    /** Cores, such as `500m`. */
    cpu?: string | undefined;
    /** Bytes, such as `8Gi`. */
    memory?: string | undefined;
}

/** Processors and memory of a pod. */
export interface QuayResourcesArgs {
    /** What a node must have free for it. */
    requests?: QuayAmountsArgs | undefined;
    /** What it may use at most. */
    limits?: QuayAmountsArgs | undefined;
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
    /** Host of the bucket's server. */
    hostname: string;
    /** Its TCP port. */
    port: number;
    /** Whether it speaks TLS. */
    secure: boolean;
    /** Name of the bucket. */
    bucket: string;
    /** Where in the bucket. */
    path: string;
    /** Roots of the bucket's certificate, PEM. */
    caBundle?: string | undefined;
    /** Key that may read and write. */
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

/** A team of an organisation. */
export interface QuayTeamArgs {
    /** Its name. */
    name: string;
    /** `member`, `creator` or `admin`. */
    role: string;
}

/** Where a login is put for pods. */
export interface QuayPullSecretArgs {
    /** Existing namespace. */
    namespace: string;
    /** Name of the Secret. */
    name: string;
}

/** A login for machines. */
export interface QuayRobotArgs {
    /** Name without the organisation. */
    name: string;
    /** For people. */
    description: string;
    /** What it may do with every repository that is made from now on. */
    default?: string | undefined;
    /** Where its login is put for pods. */
    pullSecrets: QuayPullSecretArgs[];
}

/** A repository of an organisation. */
export interface QuayRepositoryArgs {
    /** Name without the organisation. */
    name: string;
    /** `public` or `private`. */
    visibility: string;
    /** For people. */
    description: string;
    /** Who may do what with it. */
    permissions: QuayPermissionArgs[];
}

/** What is in an organisation. */
export interface QuayOrganizationContentArgs {
    /** Name of the organisation. */
    name: string;
    /** Its address for mail. Default: none. */
    email?: string | undefined;
    /** Its teams. */
    teams: QuayTeamArgs[];
    /** Its robots. */
    robots: QuayRobotArgs[];
    /** Its repositories. */
    repositories: QuayRepositoryArgs[];
}

/** The Bridge operator, as Quay is told of it. */
export interface QuayBridgeArgs {
    /** Whether builds do not look at Quay's certificate. */
    insecure: boolean;
    /** Beginning of the organisations' names. */
    organization: string;
    /** Secret in the namespace with the key `token`: an OAuth token of Quay, which is made by hand. */
    credentials: string;
}

/** A certificate, each part PEM. */
export interface QuayCertificateArgs {
    /** The server's certificate, and after it those between it and the root. */
    certificate: pulumi.Input<string>;
    /** Its private key. Kept secret. */
    key: pulumi.Input<string>;
    /** Root that signs it. */
    ca: pulumi.Input<string>;
}

/** Autoscalers of Quay's parts. */
export interface QuayAutoscalingArgs {
    /** Of Quay itself. */
    quay: QuayBoundsArgs;
    /** Of Clair. */
    clair: QuayBoundsArgs;
    /** Of what mirrors repositories. */
    mirror: QuayBoundsArgs;
}

/** The first user. */
export interface QuayAdminArgs {
    /** Login name. */
    username: string;
    /** Address for mail. */
    email: string;
    /** Password. Kept secret. Default: 32 characters. */
    password?: pulumi.Input<string> | undefined;
}

/** Arguments of {@link QuayRegistry}. */
export interface QuayRegistryArgs {
    /** Name of the QuayRegistry. */
    objectName: string;
    /** Namespace that it is in. */
    namespace: string;
    /** Whether the namespace is made. */
    createNamespace: boolean;
    /** Installs the operator. Without it, it is there already. */
    operator?: QuayOperatorArgs | undefined;
    /** A `QuayIntegration` of the Bridge operator, which must be there. */
    bridge?: QuayBridgeArgs | undefined;
    /** Public host. Without it, one below the cluster's ingress domain. */
    host?: string | undefined;
    /** Certificate of that host, each part PEM. Without it, the router's. */
    certificate?: QuayCertificateArgs | undefined;
    /** All eleven, each once. */
    components: QuayComponentArgs[];
    /** Autoscalers made here. `horizontalpodautoscaler` is then not managed. */
    autoscaling?: QuayAutoscalingArgs | undefined;
    /** Where layers are, unless the operator manages `objectstorage`. */
    bucket?: QuayBucketArgs | undefined;
    /** Fields of `config.yaml`. */
    config: Record<string, unknown>;
    /** Further ones. Kept secret. */
    secretConfig?: pulumi.Input<Record<string, unknown>> | undefined;
    /** The first user, who is made once. */
    admin?: QuayAdminArgs | undefined;
    /** What is in it. Needs `admin`. */
    organizations: QuayOrganizationContentArgs[];
    /** How long operators may take, in seconds. */
    timeoutSeconds: number;
}
