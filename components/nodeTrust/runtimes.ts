/** What pulls images on a machine. */
export type Runtime = "containerd" | "k3s" | "rke2" | "docker" | "crio" | "podman";

/** Where a runtime looks, by paths on the machine. */
export interface RuntimePaths {
    /** The usual directory that has one directory for each registry host. */
    registryDirectory: string;
    /** What may be named instead, and what is below. */
    directories: readonly string[];
    /** The configuration that tells whether the directory is read at all. Undefined where it always is. */
    configFile?: string;
    /** Directories that the agent looks into, besides the one it writes to. They hold `configFile`. */
    reads: readonly string[];
    /** Whether hosts.toml files are read: only then are there mirrors and credentials of a node. */
    hostsToml: boolean;
}

/** containerd with its configuration in one directory, and with `certs.d` in it by default. */
function containerd(directory: string, ...others: string[]): RuntimePaths {
    return {
        registryDirectory: `${directory}/certs.d`,
        directories: [directory, ...others],
        configFile: `${directory}/config.toml`,
        reads: [directory],
        hostsToml: true,
    };
}

/** Runtimes that read `*.crt` in a host's directory at each pull. CRI-O and podman know Docker's directory as well. */
function certificates(registryDirectory: string, ...others: string[]): RuntimePaths {
    return { registryDirectory, directories: [registryDirectory, ...others], reads: [], hostsToml: false };
}

const containers = certificates("/etc/containers/certs.d", "/etc/docker/certs.d");

/**
 * Every runtime that nodes can be taught trust for. k3s and RKE2 make the configuration of their containerd themselves and
 * leave alone what is in its `certs.d` and not theirs.
 */
export const runtimes: Readonly<Record<Runtime, RuntimePaths>> = {
    containerd: containerd("/etc/containerd", "/etc/docker/certs.d"),
    k3s: containerd("/var/lib/rancher/k3s/agent/etc/containerd"),
    rke2: containerd("/var/lib/rancher/rke2/agent/etc/containerd"),
    docker: certificates("/etc/docker/certs.d"),
    crio: containers,
    podman: containers,
};
