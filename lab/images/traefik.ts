import { join } from "node:path";
import type { Image } from "./archive.ts";
import { account, path, shell } from "./busybox.ts";
import { fileContent } from "./content.ts";
import { certificates } from "./debian.ts";
import { program } from "./tar.ts";

/** The ingress controller, laid out and started like the official image. `binary` is the built Traefik. */
export function traefikImage(rootfs: string, binary: string): Image {
    return {
        name: "docker.io/library/traefik:v3.6.7",
        entries: [
            ...shell(rootfs),
            ...account(),
            certificates(rootfs),
            program("/usr/local/bin/traefik", fileContent(binary)),
            program("/entrypoint.sh", fileContent(join(import.meta.dirname, "files", "traefik-entrypoint.sh"))),
        ],
        config: { Entrypoint: ["/entrypoint.sh"], Cmd: ["traefik"], Env: [path], ExposedPorts: { "80/tcp": {} } },
    };
}
