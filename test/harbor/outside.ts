/** A registry that Harbor talks to: one of its endpoints, or its own content. */
export interface Endpoint {
    /** 0 for the Harbor itself. */
    readonly id: number;
    readonly type: string;
    readonly url: string;
    readonly insecure: boolean;
    /** PEM, or empty. */
    readonly caCertificate: string;
    readonly credential?: Credential;
}

/** What Harbor logs in with. Stored only with a key; a key may lack its secret. */
export interface Credential {
    readonly type: string;
    readonly key: string;
    readonly secret?: string;
}

/** Something in a registry that can be copied. */
export interface Image {
    readonly digest: string;
    /** Bytes of the manifest and everything below it. */
    readonly size: number;
    /** What a copy moves, in its order. Empty where nobody looked. */
    readonly blobs: readonly Blob[];
    /** The images of an index, which are copied first. */
    readonly children?: readonly Image[];
    /** Labels of its configuration, shown with the artifact. */
    readonly labels?: Readonly<Record<string, string>>;
}

/** A layer or a configuration. */
export interface Blob {
    readonly digest: string;
    readonly size: number;
}

/** One tag, from one registry to another. */
export interface Copy {
    readonly from: Endpoint;
    readonly to: Endpoint;
    readonly repository: string;
    readonly tag: string;
    readonly target: string;
    readonly image: Image;
}

/**
 * How an endpoint takes being looked at: `unhealthy` is Harbor's own word for it, `fault` is what ends in a 500 because an adapter could not
 * even be made.
 */
export type Health = "healthy" | "unhealthy" | "fault";

/** What the registries behind the endpoints do. A failure is thrown, with the text that Harbor would show. */
export interface Outside {
    health(endpoint: Endpoint): Promise<Health>;
    /** Every repository of it. */
    catalog(endpoint: Endpoint): Promise<string[]>;
    /** The tags of one repository, in the order in which the registry names them. */
    tags(endpoint: Endpoint, repository: string): Promise<string[]>;
    /** What a tag leads to; nothing if there is none. */
    image(endpoint: Endpoint, repository: string, tag: string): Promise<Image | undefined>;
    /** Whether the registry has a blob already: in that repository, or in another, which is then named. */
    blob(endpoint: Endpoint, repository: string, blob: Blob): Promise<string | undefined>;
    /** Moves one blob. Only called where `copyWhole` is absent. */
    copyBlob(copy: Copy, blob: Blob): Promise<void>;
    /** Makes the tag lead to the image. */
    finish(copy: Copy): Promise<void>;
    /** Takes a tag away. */
    remove(endpoint: Endpoint, repository: string, tag: string): Promise<void>;
}
