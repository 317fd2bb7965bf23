import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { Refusal } from "../ca/refusal.ts";
import { run } from "./command.ts";
import { wantedByReference, type Wanted } from "./wanted.ts";
import { imageName } from "./workFolder.ts";

/** Where an image can be besides a registry, by the names that skopeo has for it. */
export const stores = ["docker-daemon", "containers-storage"] as const;
export const archives = ["docker-archive", "oci-archive"] as const;

/** An image of a local store of Docker or Podman. */
export function imageOfStore(store: (typeof stores)[number], name: string): Wanted {
    const wanted = wantedByReference(name, `--${store}`, "");
    return { ...wanted, local: `${store}:${wanted.image}` };
}

/** The images of an archive: `FILE=NAME`, or those that the file itself names. */
export async function imagesOfArchive(kind: (typeof archives)[number], given: string): Promise<Wanted[]> {
    const equals = given.lastIndexOf("=");
    const file = equals < 0 ? given : given.slice(0, equals);
    if (!existsSync(file)) throw new Refusal(`--${kind}: ${file} is not there`, "name a file, or FILE=NAME");
    if (equals >= 0) return [wantedByReference(given.slice(equals + 1), file, `${kind}:${file}`)];
    const names = kind === "docker-archive" ? await namesIn(file) : [];
    if (names.length === 0) {
        throw new Refusal(`--${kind}: ${file} does not say what its image is called`, `--${kind} ${file}=NAME`);
    }
    return names.map((name) => {
        const wanted = wantedByReference(name, file, "");
        return { ...wanted, local: `${kind}:${file}:${name}` };
    });
}

/** What tells whether a local image is the one that was there at the last run. */
export async function localIdentity(local: string): Promise<string> {
    const raw = await run("skopeo", [...policy(), "inspect", ...daemonOf(local, "--daemon-host"), "--raw", local]);
    return `sha256:${createHash("sha256").update(raw).digest("hex")}`;
}

/**
 * Copies a local image into a layout of its own. Stores hold layers unpacked, and Docker's archives are not in OCI's
 * format: the image is packed anew, under a digest of its own.
 */
export async function copyLocalImage(local: string, layout: string): Promise<void> {
    const all = local.startsWith("oci-archive:") ? ["--all"] : [];
    const from = daemonOf(local, "--src-daemon-host");
    await run("skopeo", [...policy(), "copy", "--quiet", ...all, ...from, local, `oci:${layout}:${imageName}`]);
}

async function namesIn(file: string): Promise<string[]> {
    const listed = await run("skopeo", [...policy(), "list-tags", `docker-archive:${file}`]);
    return (JSON.parse(listed.toString()) as { Tags?: string[] | null }).Tags ?? [];
}

/** Where Docker's daemon is, if not where it usually is: skopeo does not read what docker reads. */
function daemonOf(local: string, option: string): string[] {
    const host = process.env.DOCKER_HOST ?? "";
    return local.startsWith("docker-daemon:") && host !== "" ? [option, host] : [];
}

/** A machine without a policy trusts what it holds itself; one with a policy has it obeyed. */
function policy(): string[] {
    const files = [join(homedir(), ".config/containers/policy.json"), "/etc/containers/policy.json"];
    return files.some((file) => existsSync(file)) ? [] : ["--insecure-policy"];
}
