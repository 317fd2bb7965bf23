import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** What the registry's pods need to know of where the images are kept. */
export interface RegistryStorage {
    /** The pod's volume, without its name. Undefined where the images are not in a file system. */
    volume?: Omit<k8s.types.input.core.v1.Volume, "name">;
    /** Distribution's `storage` section, as far as it names the driver. Holds no secret. */
    driver: Record<string, unknown>;
    /** `REGISTRY_*` variables with credentials. Secret. */
    environment?: Record<string, pulumi.Output<string>>;
    /** Who may write at once: one pod, the pods of one node, or all. */
    writers: "onePod" | "oneNode" | "many";
    /** Whether clients are sent to the storage itself for the layers. */
    redirect: boolean;
}
