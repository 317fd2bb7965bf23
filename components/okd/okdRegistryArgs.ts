import type * as pulumi from "@pulumi/pulumi";

/** A certificate of a route's own. */
export interface RouteCertificateArgs {
    /** The server's certificate, and after it those between it and the root, PEM. */
    certificate: pulumi.Input<string>;
    /** Its private key, PEM. Secret. */
    key: pulumi.Input<string>;
    /** Root that signs it, PEM. */
    ca: pulumi.Input<string>;
}

/** A route besides the default one. */
export interface RouteArgs {
    /** Name of the Route. `default-route` is the operator's. */
    name: string;
    /** Its public host. Without a certificate it must be one below the cluster's ingress domain. */
    host: string;
    /** Secret in `openshift-image-registry` with `tls.crt`, `tls.key` and `tls.cacrt`. Default: `<name>-tls` with `certificate`, else none. */
    secretName?: string | undefined;
    /** What the Secret is made of. Default: a Secret that is named must be there already. */
    certificate?: RouteCertificateArgs | undefined;
    /** Roots of what an existing Secret holds, PEM. Default: clients know them. */
    caBundle?: pulumi.Input<string> | undefined;
}

/** A volume's claim that is made for the images. */
export interface NewClaimArgs {
    /** Size, such as `100Gi`. */
    size: pulumi.Input<string>;
    /** Default: the cluster's default class. */
    storageClass?: pulumi.Input<string> | undefined;
    /** `ReadWriteMany`, or `ReadWriteOnce` for a single pod. */
    accessMode: pulumi.Input<string>;
}

/** A bucket for the images. */
export interface OkdBucketArgs {
    /** Name of the bucket, which must be there. */
    bucket: pulumi.Input<string>;
    /** Its region. */
    region: pulumi.Input<string>;
    /** URL of what is not Amazon's. Default: Amazon's. */
    regionEndpoint?: pulumi.Input<string> | undefined;
    /** ConfigMap in `openshift-config` with the roots of the endpoint in `ca-bundle.crt`. Default: none. */
    trustedCa?: pulumi.Input<string> | undefined;
    /** Whether the bucket is part of the host's name. Default: false. */
    virtualHostedStyle?: pulumi.Input<boolean> | undefined;
    /** Key that may read, write, list and delete. Secret. Default: what the cluster has. */
    accessKey?: pulumi.Input<string> | undefined;
    /** Secret that belongs to it. Secret. */
    secretKey?: pulumi.Input<string> | undefined;
}

/** That the cluster runs its registry, and where the images are. Exactly one of `claim`, `s3` and `emptyDir`. */
export interface ManagementArgs {
    /** Name of a volume's claim in `openshift-image-registry`. */
    claim?: string | undefined;
    /** Makes that claim. Default: it is there already. */
    newClaim?: NewClaimArgs | undefined;
    /** Bucket for the images. */
    s3?: OkdBucketArgs | undefined;
    /** Images go with the pod: for trying only. Default: false. */
    emptyDir?: boolean | undefined;
    /** Pods of the registry. */
    replicas: pulumi.Input<number>;
    /** `RollingUpdate` or `Recreate`. */
    rolloutStrategy: pulumi.Input<string>;
    /** Whether layers come through the registry where the bucket could serve them itself. Default: false. */
    disableRedirect?: pulumi.Input<boolean> | undefined;
}

/** Who may do what in a namespace's part of the registry. */
export interface ProjectArgs {
    /** Existing namespace, the first part of its images' names. */
    namespace: string;
    /** Users who may pull and look. Default: none. */
    viewers?: readonly string[] | undefined;
    /** Groups who may. Default: none. */
    viewerGroups?: readonly string[] | undefined;
    /** Users who may push too. They may also read the namespace's Secrets: the cluster's role says so. Default: none. */
    editors?: readonly string[] | undefined;
    /** Groups who may. Default: none. */
    editorGroups?: readonly string[] | undefined;
    /** Namespaces whose pods may pull. Default: none but itself. */
    pulledBy?: readonly string[] | undefined;
    /** Whether everybody may pull, without a login. Default: false. */
    public?: boolean | undefined;
}

/** A login for CI: a ServiceAccount that may push and make image streams, and a token that ends. */
export interface BuilderArgs {
    /** Existing namespace that it pushes to. */
    namespace: string;
    /** Name of the ServiceAccount. */
    name: string;
    /** How long a token is good, in hours. */
    lifetimeHours: pulumi.Input<number>;
    /** Another number is another token. */
    generation: pulumi.Input<number>;
}

/** One tag of a stream. */
export interface StreamTagArgs {
    /** Name of the tag. */
    name: pulumi.Input<string>;
    /** Reference of the image upstream. */
    from: pulumi.Input<string>;
    /** Whether the cluster looks upstream again and again. */
    scheduled: pulumi.Input<boolean>;
    /** `Legacy`: one platform. `PreserveOriginal`: all of them. */
    importMode: pulumi.Input<string>;
    /** `Source`: pods pull upstream. `Local`: through the cluster's registry. */
    referencePolicy: pulumi.Input<string>;
    /** Whether the certificate upstream is not looked at. */
    insecure: pulumi.Input<boolean>;
}

/** A repository of the registry. */
export interface StreamArgs {
    /** Existing namespace. */
    namespace: string;
    /** Name of the stream, the second part of its images' names. */
    name: string;
    /** What comes from upstream. Empty: images are pushed. */
    tags: StreamTagArgs[];
    /** Whether pods of the namespace may name the stream alone. */
    lookupLocal: pulumi.Input<boolean>;
    /** Another number imports every tag once more. */
    request: pulumi.Input<number>;
    /** Whether a stream of that name that is there already is taken over. */
    adopt: pulumi.Input<boolean>;
    /** Whether its images go with it. One with images stays otherwise, with a warning. */
    deleteContents: pulumi.Input<boolean>;
}

/** A registry that the cluster's nodes, imports and registry believe. */
export interface TrustedRegistry {
    /** `host` or `host:port`. */
    host: string;
    /** Roots that sign its certificate, PEM. */
    caBundle: pulumi.Input<string>;
}

/** What the cluster believes besides what it knows. */
export interface OkdTrustArgs {
    /** Whether nodes believe the registry's own public hosts. */
    routes: boolean;
    /** Other registries. */
    registries: readonly TrustedRegistry[];
    /** Name of the ConfigMap in `openshift-config`, where the cluster refers to none yet. */
    configMap: string;
}

/** How the cluster clears its registry. */
export interface PrunerArgs {
    /** When, as cron has it. */
    schedule: pulumi.Input<string>;
    /** Older images that each tag keeps. */
    keepTagRevisions: pulumi.Input<number>;
    /** What is younger is kept: `60m`, `168h`. */
    keepYoungerThan: pulumi.Input<string>;
    /** Whether it does nothing. */
    suspend: pulumi.Input<boolean>;
}

/** Where nodes look for the images of one source. */
export interface MirroredSourceArgs {
    /** `host[:port][/path]` or `*.host`. */
    source: pulumi.Input<string>;
    /** Where they look first, in order. */
    mirrors: pulumi.Input<pulumi.Input<string>[]>;
    /** `NeverContactSource` or `AllowContactingSource`. */
    mirrorSourcePolicy: pulumi.Input<string>;
}

/** Mirrors for images by digest or by tag. Every change of one drains and restarts nodes, but the making of one by digest. */
export interface MirrorSetArgs {
    /** Name of the object. */
    name: string;
    /** Whether images named by digest, or by tag. */
    by: "digest" | "tag";
    /** The sources, each with its mirrors. */
    mirrors: MirroredSourceArgs[];
}

/** Arguments of `OkdRegistry`. */
export interface OkdRegistryArgs {
    /** Beginning of the names of what is made. Another stack on the same cluster needs another. */
    objectName: string;
    /** Whether the registry has the cluster's default route. */
    defaultRoute: boolean;
    /** Its other routes. */
    routes: readonly RouteArgs[];
    /** What the cluster is told of its registry besides. Default: nothing, it runs already. */
    management?: ManagementArgs | undefined;
    /** Who may do what, by namespace. */
    projects: readonly ProjectArgs[];
    /** Logins for CI. */
    builders: readonly BuilderArgs[];
    /** Image streams. */
    streams: readonly StreamArgs[];
    trust: OkdTrustArgs;
    /** Default: what the cluster has. */
    pruner?: PrunerArgs | undefined;
    /** Mirrors for the cluster's nodes. */
    mirrorSets: readonly MirrorSetArgs[];
    /** Whether the mirror sets may be deleted, which drains and restarts every node. Else the engine protects them. */
    confirmNodeDrain: boolean;
    /** How long the registry's operator may take, in seconds. */
    timeoutSeconds: pulumi.Input<number>;
}
