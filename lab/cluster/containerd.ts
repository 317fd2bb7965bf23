/** The image that holds a pod's namespaces; the lab's own build under its usual name. */
const pauseImage = "registry.k8s.io/pause:3.10";

/** What Debian's containerd 1.6 is told. */
const configuration = `version = 2

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/etc/cni/net.d"

  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d"
`;

/** What containerd 2 is told: the same by other names. */
const newerConfiguration = `version = 3

[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "${pauseImage}"

[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true

  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["/usr/lib/cni"]
    conf_dir = "/etc/cni/net.d"

[plugins."io.containerd.cri.v1.images".registry]
  config_path = "/etc/containerd/certs.d"
`;

const configurationFile = "/etc/containerd/config.toml";

/** Where a machine finds the programs of containerd 2, bound read-only from the cache. */
export const newerContainerdBin = "/opt/containerd";

/** Files of a machine with Debian's containerd. */
export const containerdFiles: Readonly<Record<string, string>> = { [configurationFile]: configuration };

/** Files of a machine with containerd 2 in Debian's service. */
export const newerContainerdFiles: Readonly<Record<string, string>> = {
    [configurationFile]: newerConfiguration,
    "/etc/systemd/system/containerd.service.d/newer.conf": [
        "[Service]",
        "ExecStart=",
        `ExecStart=${newerContainerdBin}/containerd`,
        // It looks for its shim here.
        `Environment=PATH=${newerContainerdBin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
        "",
    ].join("\n"),
};
