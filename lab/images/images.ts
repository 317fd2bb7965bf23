import { join } from "node:path";
import { ensurePackages } from "../packages.ts";
import { cacheDir } from "../paths.ts";
import type { Report } from "../report.ts";
import { ensureArchive } from "./archive.ts";
import { busyboxImage } from "./busybox.ts";
import { corednsImage } from "./coredns.ts";
import { demoImage } from "./demo.ts";
import { localPathImage } from "./localPath.ts";
import { nginxImage } from "./nginx.ts";
import { nodeImage } from "./node.ts";
import { ensurePause, pauseImage } from "./pause.ts";
import { redisImage } from "./redis.ts";
import { registryImage } from "./registry.ts";
import { skopeoImage } from "./skopeo.ts";
import { traefikImage } from "./traefik.ts";
import { versitygwImage } from "./versitygw.ts";

/** The packages whose programs go into images. */
export const imagePackages = ["registry", "coredns", "traefik", "local-path-provisioner", "versitygw"] as const;

/**
 * The archives, by image name, of the images a node of the lab has from the start and of the one to be pushed,
 * made where they are not in the cache.
 * `rootfs` is the Debian root that gives busybox, skopeo and the certificates. To be imported with `ctr images import`.
 */
export async function ensureImages(rootfs: string, report: Report): Promise<Record<string, string>> {
    const built = await ensurePackages(imagePackages, report);
    const binary = (name: (typeof imagePackages)[number]): string => {
        const directory = built.get(name);
        if (directory === undefined) throw new Error(`The package ${name} was not built.`);
        return join(directory, name);
    };
    return await report.stage("images", async () => {
        const directory = join(cacheDir(), "images");
        const images = [
            pauseImage(await ensurePause(directory)),
            busyboxImage(rootfs),
            corednsImage(rootfs, binary("coredns")),
            localPathImage(rootfs, binary("local-path-provisioner")),
            traefikImage(rootfs, binary("traefik")),
            registryImage(rootfs, binary("registry")),
            skopeoImage(rootfs),
            nginxImage(rootfs),
            redisImage(rootfs),
            nodeImage(rootfs),
            versitygwImage(rootfs, binary("versitygw")),
            demoImage(rootfs),
        ];
        const paths: Record<string, string> = {};
        for (const image of images) paths[image.name] = await ensureArchive(image, directory, report);
        return paths;
    });
}
