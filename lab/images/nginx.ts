import type { Image } from "./archive.ts";
import { account, contentVersionLabel, path, shell } from "./busybox.ts";
import { certificates, debianFile, linkedPrograms, packageVersion } from "./debian.ts";
import { directory, file } from "./tar.ts";

/** The web server in front of the registry: Debian's nginx and curl with their libraries, laid out like the official image. */
export function nginxImage(rootfs: string): Image {
    return {
        name: "docker.io/library/nginx:1.28.0",
        entries: [
            ...shell(rootfs),
            ...account(),
            certificates(rootfs),
            ...linkedPrograms(rootfs, "/usr/sbin/nginx", "/usr/bin/curl"),
            file("/etc/nginx/mime.types", debianFile(rootfs, "/etc/nginx/mime.types")),
            directory("/var/log/nginx", 0o755),
            directory("/var/lib/nginx", 0o755),
        ],
        config: {
            Cmd: ["nginx", "-g", "daemon off;"],
            Env: [path],
            ExposedPorts: { "80/tcp": {} },
            Labels: { [contentVersionLabel]: `nginx ${packageVersion(rootfs, "nginx-light")}` },
        },
    };
}
