import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Image } from "./archive.ts";
import { textContent } from "./content.ts";
import { debianFile, packageVersion } from "./debian.ts";
import type { Entry } from "./tar.ts";
import { directory, file, link, program } from "./tar.ts";

/** The label that says which version is really inside an image whose tag is the product's default one. */
export const contentVersionLabel = "siteregistry.lab/content-version";

/** The image for helper pods and tests: Debian's static busybox under the usual name. */
export function busyboxImage(rootfs: string): Image {
    return {
        name: "docker.io/library/busybox:1.37.0",
        entries: [...shell(rootfs), ...account()],
        config: {
            Cmd: ["sh"],
            Env: [path],
            Labels: { [contentVersionLabel]: `busybox-static ${packageVersion(rootfs, "busybox-static")}` },
        },
    };
}

/** The search path that images have when they say nothing else. */
export const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A shell and all applets below /bin, and a /tmp. */
export function shell(rootfs: string): Entry[] {
    const applets = execFileSync(join(rootfs, "bin/busybox"), ["--list"], { encoding: "utf8" }).trim().split("\n");
    return [
        program("/bin/busybox", debianFile(rootfs, "bin/busybox")),
        ...applets.filter((applet) => applet !== "busybox").map((applet) => link(`/bin/${applet}`, "busybox")),
        directory("/tmp", 0o1777),
    ];
}

/** The users every small image knows. */
export function account(): Entry[] {
    return [
        file(
            "/etc/passwd",
            textContent("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n"),
        ),
        file("/etc/group", textContent("root:x:0:\nnobody:x:65534:\n")),
        file("/etc/nsswitch.conf", textContent("passwd: files\ngroup: files\nhosts: files dns\n")),
        directory("/root", 0o700),
    ];
}
