import type { Image } from "./archive.ts";
import { account, path, shell } from "./busybox.ts";
import { fileContent } from "./content.ts";
import { certificates } from "./debian.ts";
import { program } from "./tar.ts";

/** The provisioner of volumes on the nodes' own disks. `binary` is the built one. */
export function localPathImage(rootfs: string, binary: string): Image {
    return {
        name: "docker.io/rancher/local-path-provisioner:v0.0.30",
        entries: [
            ...shell(rootfs),
            ...account(),
            certificates(rootfs),
            program("/usr/bin/local-path-provisioner", fileContent(binary)),
        ],
        config: { Cmd: ["local-path-provisioner"], Env: [path] },
    };
}
