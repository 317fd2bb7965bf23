import type { Image } from "./archive.ts";
import { account, path } from "./busybox.ts";
import { fileContent } from "./content.ts";
import { certificates } from "./debian.ts";
import { directory, program } from "./tar.ts";

/** An S3 server on a directory. `binary` is the built versitygw. */
export function versitygwImage(rootfs: string, binary: string): Image {
    return {
        name: "docker.io/versity/versitygw:v1.8.0",
        entries: [
            ...account(),
            certificates(rootfs),
            program("/usr/local/bin/versitygw", fileContent(binary)),
            directory("/data", 0o777),
            directory("/tmp", 0o1777),
        ],
        config: { Entrypoint: ["versitygw"], Env: [path], WorkingDir: "/data" },
    };
}
