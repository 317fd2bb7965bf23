import type * as k8s from "@pulumi/kubernetes";

/** An unprivileged user that owns nothing else on a usual image. */
const user = 10001;

/** What the `restricted` Pod Security Standard asks of a pod. The volume's files belong to the group. */
export const restrictedPod: k8s.types.input.core.v1.PodSecurityContext = {
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: user,
    fsGroup: user,
    // A registry's volume holds millions of files: changing their group at each start takes minutes.
    fsGroupChangePolicy: "OnRootMismatch",
    seccompProfile: { type: "RuntimeDefault" },
};

/** What the `restricted` Pod Security Standard asks of a container, and a root file system that cannot be written. */
export const restrictedContainer: k8s.types.input.core.v1.SecurityContext = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    readOnlyRootFilesystem: true,
};
