import type { Image } from "./archive.ts";
import { fileContent } from "./content.ts";
import { certificates } from "./debian.ts";
import { directory, program } from "./tar.ts";

/** The cluster's name server. `binary` is the built CoreDNS. */
export function corednsImage(rootfs: string, binary: string): Image {
    return {
        name: "registry.k8s.io/coredns/coredns:v1.15.0",
        entries: [certificates(rootfs), directory("/tmp", 0o1777), program("/coredns", fileContent(binary))],
        config: {
            Entrypoint: ["/coredns"],
            User: "65532:65532",
            WorkingDir: "/",
            ExposedPorts: { "53/tcp": {}, "53/udp": {} },
        },
    };
}
