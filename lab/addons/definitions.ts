import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const traefik = "github.com/traefik/traefik/v3";
/** Where Traefik's source keeps the definitions of its kinds. */
const definitions = "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml";

const gatewayApi = "sigs.k8s.io/gateway-api";
/** The kinds that Traefik watches when its experimental channel is on; TLSRoute is in no other channel of this version. */
const gatewayKinds = [
    "backendtlspolicies",
    "gatewayclasses",
    "gateways",
    "grpcroutes",
    "httproutes",
    "referencegrants",
    "tcproutes",
    "tlsroutes",
];

/** Traefik's CustomResourceDefinitions, from the source of the very version the lab builds. */
export async function traefikDefinitions(): Promise<string> {
    return await readFile(join(await sourceOf(traefik), definitions), "utf8");
}

/** The Gateway API's, of the version that this Traefik is built with. */
export async function gatewayDefinitions(): Promise<string> {
    const folder = join(await sourceOf(gatewayApi), "config/crd/experimental");
    const files = gatewayKinds.map((kind) => join(folder, `gateway.networking.k8s.io_${kind}.yaml`));
    return (await Promise.all(files.map((file) => readFile(file, "utf8")))).join("---\n");
}

/** Folder of a module that Traefik is built from. Go fetches it again when its cache was emptied; without it there is no lab. */
async function sourceOf(path: string): Promise<string> {
    const module = join(import.meta.dirname, "../modules/traefik");
    const env = { ...process.env, GOFLAGS: "-mod=readonly", GOTOOLCHAIN: "local", GOWORK: "off" };
    try {
        const { stdout } = await promisify(execFile)("go", ["mod", "download", "-json", path], { cwd: module, env });
        return (JSON.parse(stdout) as { Dir: string }).Dir;
    } catch (error) {
        throw new Error(
            `Definitions of kinds come from the Go module ${path}, and Go could not get that: ${String(error)}\n` +
                `  Try "go mod download ${path}" in ${module}.`,
            { cause: error },
        );
    }
}
