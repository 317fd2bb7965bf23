import type { Image } from "./archive.ts";
import { account, contentVersionLabel, path, shell } from "./busybox.ts";
import { certificates, debianFile, linkedPrograms, packageVersion } from "./debian.ts";
import { directory, file } from "./tar.ts";

/** Copies images in pods of the cluster: Debian's skopeo with its libraries, started like the official image. */
export function skopeoImage(rootfs: string): Image {
    return {
        name: "quay.io/skopeo/stable:v1.20.0",
        entries: [
            ...shell(rootfs),
            ...account(),
            certificates(rootfs),
            ...linkedPrograms(rootfs, "/usr/bin/skopeo"),
            ...["/etc/containers/policy.json", "/etc/containers/registries.conf"].map((one) =>
                file(one, debianFile(rootfs, one)),
            ),
            directory("/etc/containers/registries.d", 0o755),
            directory("/var/tmp", 0o1777),
        ],
        config: {
            Entrypoint: ["/usr/bin/skopeo"],
            // As in the official image: whoever runs it finds its login where it can write.
            Env: [path, "REGISTRY_AUTH_FILE=/tmp/auth.json"],
            Labels: { [contentVersionLabel]: `skopeo ${packageVersion(rootfs, "skopeo")}` },
        },
    };
}
