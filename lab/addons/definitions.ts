import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const traefik = "github.com/traefik/traefik/v3";
/** Where Traefik's source keeps the definitions of its kinds. */
const definitions = "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml";

/**
 * Traefik's CustomResourceDefinitions, from the source of the very version the lab builds.
 * Go fetches that source again when its module cache was emptied; without it there is no lab, so that is an error.
 */
export async function traefikDefinitions(): Promise<string> {
    const module = join(import.meta.dirname, "../modules/traefik");
    const env = { ...process.env, GOFLAGS: "-mod=readonly", GOTOOLCHAIN: "local", GOWORK: "off" };
    let directory: string;
    try {
        const { stdout } = await promisify(execFile)("go", ["mod", "download", "-json", traefik], { cwd: module, env });
        directory = (JSON.parse(stdout) as { Dir: string }).Dir;
    } catch (error) {
        throw new Error(
            `The definitions of Traefik's kinds come from its Go module, and Go could not get that: ${String(error)}\n` +
                `  Try "go mod download ${traefik}" in ${module}.`,
            { cause: error },
        );
    }
    return await readFile(join(directory, definitions), "utf8");
}
