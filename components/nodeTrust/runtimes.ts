/** Stub until part A. */
export type Runtime = "containerd" | "k3s" | "rke2" | "docker" | "crio" | "podman";
interface R {
    registryDirectory: string;
    directories: string[];
    configFile?: string;
    mounts: string[];
    reads: string[];
}
const r = (registryDirectory: string): R => ({
    registryDirectory,
    directories: [registryDirectory],
    mounts: [registryDirectory],
    reads: [],
});
export const runtimes: Record<Runtime, R> = {
    containerd: r("/etc/containerd/certs.d"),
    k3s: r("/var/lib/rancher/k3s/agent/etc/containerd/certs.d"),
    rke2: r("/var/lib/rancher/rke2/agent/etc/containerd/certs.d"),
    docker: r("/etc/docker/certs.d"),
    crio: r("/etc/containers/certs.d"),
    podman: r("/etc/containers/certs.d"),
};
