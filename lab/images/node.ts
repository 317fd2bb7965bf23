import type { Image } from "./archive.ts";
import { account, contentVersionLabel, path, shell } from "./busybox.ts";
import { certificates, linkedForeignProgram } from "./debian.ts";

/** Runs TypeScript in pods: the Node that runs this, which the packages bring, laid out like the official image. */
export function nodeImage(rootfs: string): Image {
    return {
        name: "docker.io/library/node:24.21.0-slim",
        entries: [
            ...shell(rootfs),
            ...account(),
            certificates(rootfs),
            ...linkedForeignProgram(rootfs, "/usr/local/bin/node", process.execPath),
        ],
        config: {
            Cmd: ["node"],
            Env: [path],
            Labels: { [contentVersionLabel]: `node ${process.version}` },
        },
    };
}
