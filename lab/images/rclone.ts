import type { Image } from "./archive.ts";
import { account, path } from "./busybox.ts";
import { fileContent } from "./content.ts";
import { certificates } from "./debian.ts";
import { directory, program } from "./tar.ts";

/** An S3 server on a directory (`rclone serve s3`). `binary` is the built rclone. */
export function rcloneImage(rootfs: string, binary: string): Image {
    return {
        name: "docker.io/rclone/rclone:1.75.1",
        entries: [
            ...account(),
            certificates(rootfs),
            program("/usr/local/bin/rclone", fileContent(binary)),
            directory("/data", 0o777),
            directory("/config", 0o777),
            directory("/tmp", 0o1777),
        ],
        config: { Entrypoint: ["rclone"], Env: [path, "XDG_CONFIG_HOME=/config"], WorkingDir: "/data" },
    };
}
