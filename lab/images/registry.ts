import { join } from "node:path";
import type { Image } from "./archive.ts";
import { account, path, shell } from "./busybox.ts";
import { fileContent } from "./content.ts";
import { certificates } from "./debian.ts";
import { directory, file, program } from "./tar.ts";

const files = join(import.meta.dirname, "files");

/** The registry itself, laid out and started like the official image. `binary` is the built distribution. */
export function registryImage(rootfs: string, binary: string): Image {
    return {
        name: "docker.io/library/registry:3.1.2",
        entries: [
            ...shell(rootfs),
            ...account(),
            certificates(rootfs),
            program("/bin/registry", fileContent(binary)),
            program("/entrypoint.sh", fileContent(join(files, "registry-entrypoint.sh"))),
            file("/etc/distribution/config.yml", fileContent(join(files, "registry-config.yml"))),
            directory("/var/lib/registry", 0o755),
        ],
        config: {
            Entrypoint: ["/entrypoint.sh"],
            Cmd: ["/etc/distribution/config.yml"],
            Env: [path, "OTEL_TRACES_EXPORTER=none"],
            ExposedPorts: { "5000/tcp": {} },
            Volumes: { "/var/lib/registry": {} },
        },
    };
}
