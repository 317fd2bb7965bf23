import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, readFileSync, readlinkSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import type { Content } from "./content.ts";
import { fileContent } from "./content.ts";
import type { Entry } from "./tar.ts";
import { file, program } from "./tar.ts";

/** Where Debian keeps the dynamic loader and the libraries of each architecture (as Node names it). */
const layouts: Readonly<Record<string, { readonly loader: string; readonly libraries: string }>> = {
    x64: { loader: "/lib64/ld-linux-x86-64.so.2", libraries: "/usr/lib/x86_64-linux-gnu" },
    arm64: { loader: "/lib/ld-linux-aarch64.so.1", libraries: "/usr/lib/aarch64-linux-gnu" },
};

/** A file of the Debian root file system at `rootfs`. */
export function debianFile(rootfs: string, path: string): Content {
    return fileContent(resolved(rootfs, path));
}

/** Where a path of the root file system really lies on this machine. */
function resolved(rootfs: string, path: string): string {
    let found = join(rootfs, path);
    // An absolute link means a file of the root it lies in, not the file of that name on this machine.
    while (lstatSync(found, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
        const target = readlinkSync(found);
        found = isAbsolute(target) ? join(rootfs, target) : join(dirname(found), target);
    }
    if (!existsSync(found)) {
        throw new Error(
            `The root file system ${rootfs} has no ${path}. Remove that directory and start again: it is made anew.`,
        );
    }
    return found;
}

/** The certificate authorities that Debian trusts. */
export function certificates(rootfs: string): Entry {
    const path = "/etc/ssl/certs/ca-certificates.crt";
    return file(path, debianFile(rootfs, path));
}

/** The version of an installed Debian package: what is really inside an image that has another product's tag. */
export function packageVersion(rootfs: string, name: string): string {
    const status = readFileSync(join(rootfs, "var/lib/dpkg/status"), "utf8");
    const paragraph = status.split("\n\n").find((one) => one.startsWith(`Package: ${name}\n`));
    const version = paragraph?.match(/^Version: (.+)$/m)?.[1];
    if (version === undefined) throw new Error(`The root file system ${rootfs} has no package ${name}.`);
    return version;
}

/** Programs of the Debian root with the loader and every library they need, so that they run where nothing else is. */
export function linkedPrograms(rootfs: string, ...paths: readonly string[]): Entry[] {
    const all = paths.flatMap((path) => linkedProgram(rootfs, path));
    return [...new Map(all.map((entry) => [entry.path, entry])).values()];
}

/** A program of this machine, at `path` in the image, with the loader and libraries of the Debian root. */
export function linkedForeignProgram(rootfs: string, path: string, binary: string): Entry[] {
    return linkedProgram(rootfs, path, binary);
}

function linkedProgram(rootfs: string, path: string, binary = join(rootfs, path)): Entry[] {
    const layout = layouts[process.arch];
    if (layout === undefined) throw new Error(`The lab runs on x64 and arm64 machines, not on ${process.arch}.`);
    // The root's own loader lists them: no chroot, so no root is needed, and none of this machine's libraries is taken.
    const libraryPath = [layout.libraries, layout.libraries.replace("/usr", "")].map((directory) =>
        join(rootfs, directory),
    );
    const listed = execFileSync(
        resolved(rootfs, layout.loader),
        ["--inhibit-cache", "--library-path", libraryPath.join(":"), "--list", binary],
        { encoding: "utf8" },
    );
    const missing = listed.match(/^\s*(\S+) => not found$/m)?.[1];
    if (missing !== undefined)
        throw new Error(`The root file system ${rootfs} has no ${missing}, which ${path} needs.`);
    const libraries = [...listed.matchAll(/=> (\/\S+) \(/g)].flatMap((match) => match[1] ?? []);
    return [
        program(path, binary.startsWith(rootfs) ? debianFile(rootfs, path) : fileContent(binary)),
        program(layout.loader, debianFile(rootfs, layout.loader)),
        ...libraries
            .filter((library) => basename(library) !== basename(layout.loader))
            .map((library) => {
                const inside = library.slice(rootfs.length);
                return file(join(layout.libraries, basename(library)), debianFile(rootfs, inside));
            }),
    ];
}
