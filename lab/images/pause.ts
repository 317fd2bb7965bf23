import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Image } from "./archive.ts";
import { fileContent } from "./content.ts";
import { program } from "./tar.ts";

/** Its name, which is the one that containerd is told. */
export const pauseImageName = "registry.k8s.io/pause:3.10";

const source = join(import.meta.dirname, "pause");

/** The image that containerd starts first in every pod. `binary` comes from `ensurePause`. */
export function pauseImage(binary: string): Image {
    return {
        name: pauseImageName,
        entries: [program("/pause", fileContent(binary))],
        config: { Entrypoint: ["/pause"], User: "65535:65535", WorkingDir: "/" },
    };
}

/** Builds the program of the pause image below `directory` unless this very source was built before. Returns its path. */
export async function ensurePause(directory: string): Promise<string> {
    const key = createHash("sha256").update(readFileSync(join(source, "main.go")));
    const path = join(directory, `pause-${process.arch}-${key.digest("hex").slice(0, 16)}`);
    if (existsSync(path)) return path;
    await mkdir(directory, { recursive: true });
    const unfinished = `${path}.${randomUUID()}`;
    await promisify(execFile)("go", ["build", "-trimpath", "-ldflags", "-s -w", "-o", unfinished, "."], {
        cwd: source,
        env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false", GOTOOLCHAIN: "local", GOWORK: "off" },
    });
    await rename(unfinished, path);
    return path;
}
