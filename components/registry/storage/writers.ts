/** How many may write to a storage at once: one pod, the pods of one node, or any number. */
export type Writers = "onePod" | "oneNode" | "many";

/** Who may write at once. Settings refuse by it, and rollouts follow it. An emptyDir is another one in each pod. */
export function writersOf(storage: { kind: string; accessMode: string }): Writers {
    switch (storage.kind) {
        case "nfs":
        case "s3":
            return "many";
        case "hostPath":
            return "oneNode";
        case "emptyDir":
            return "onePod";
        default:
            if (storage.accessMode === "ReadWriteMany") return "many";
            return storage.accessMode === "ReadWriteOncePod" ? "onePod" : "oneNode";
    }
}
