import type { Image } from "./archive.ts";
import { account, contentVersionLabel, path, shell } from "./busybox.ts";
import { linkedPrograms, packageVersion } from "./debian.ts";
import { directory } from "./tar.ts";

/** The cache of several registry replicas: Debian's Redis, laid out like the official image. */
export function redisImage(rootfs: string): Image {
    return {
        name: "docker.io/library/redis:7.2.5",
        entries: [
            ...shell(rootfs),
            ...account(),
            ...linkedPrograms(rootfs, "/usr/bin/redis-server", "/usr/bin/redis-cli"),
            directory("/data", 0o777),
        ],
        config: {
            Cmd: ["redis-server"],
            Env: [path],
            WorkingDir: "/data",
            ExposedPorts: { "6379/tcp": {} },
            Labels: { [contentVersionLabel]: `redis ${packageVersion(rootfs, "redis-server")}` },
        },
    };
}
