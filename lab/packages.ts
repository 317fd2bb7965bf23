import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
    copyFileSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";

import { cacheDir } from "./paths.ts";
import type { Report } from "./report.ts";

/** Something built from Go modules: what, at which version, and the linker's `-X` values that make it say so. */
interface Package {
    /** Folder of the module below `lab/`; its go.mod and go.sum pin every source by hash. */
    readonly module: string;
    readonly version: string;
    /** Import paths of the commands to build. */
    readonly commands: readonly string[];
    readonly variables: Readonly<Record<string, string>>;
    /** A change to the source of its one command, where the lab cannot do with it as it is. */
    readonly amendment?: Amendment;
}

/** Texts of one file, replaced. */
interface Amendment {
    readonly sourceModule: string;
    /** Folder of the command in that module. */
    readonly folder: string;
    readonly file: string;
    /** By text, which must be there exactly once, what stands in its place. */
    readonly texts: Readonly<Record<string, string>>;
}

const pulumiVersion = "3.259.0";
const pulumiVariable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";
const kubernetesVersion = "k8s.io/component-base/version";
const kubernetesCommands = [
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "kubectl",
];

/** Everything the lab can build, by name. */
export const packages: Readonly<Record<string, Package>> = {
    pulumi: {
        module: "modules/pulumi",
        version: pulumiVersion,
        commands: ["github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"],
        variables: { [pulumiVariable]: pulumiVersion },
    },
    // The newest language host that a Go module carries; it serves the engine above.
    "language-nodejs": {
        module: "modules/language-nodejs",
        version: "3.68.0",
        commands: ["github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"],
        variables: { [pulumiVariable]: pulumiVersion },
        amendment: {
            sourceModule: "github.com/pulumi/pulumi/sdk/v3",
            folder: "nodejs/cmd/pulumi-language-nodejs",
            file: "main.go",
            texts: {
                // It stands between program and engine and passes on the calls of its own time alone: no resource hooks.
                // So the program is given the engine's address instead of the host's.
                'fmt.Sprintf("127.0.0.1:%d", handle.Port)': "req.GetMonitorAddress()",
                // The engine tells `typescript: false` of a Pulumi.yaml by a call that came later, and every program here says so:
                // with ts-node, each would load the compiler, and map each stack trace of the SDK.
                '&typescript, "typescript", true,': '&typescript, "typescript", false,',
            },
        },
    },
    // For programs of other languages: what runs them, and what writes their SDKs. Hosts of Python, C# and Java are not served.
    "language-yaml": {
        module: "modules/language-yaml",
        version: "1.38.0",
        commands: ["github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"],
        variables: {},
    },
    // The newest that a Go module carries, as with that of Node.
    "language-go": {
        module: "modules/language-go",
        version: "3.66.0",
        commands: ["github.com/pulumi/pulumi/sdk/v3/go/pulumi-language-go"],
        variables: {},
    },
    codegen: { module: "codegen", version: pulumiVersion, commands: ["."], variables: {} },
    plugins: { module: "plugins", version: "0.1.0", commands: ["./cmd/..."], variables: {} },
    kubernetes: {
        module: "modules/kubernetes",
        version: "1.36.3",
        commands: kubernetesCommands.map((command) => `k8s.io/kubernetes/cmd/${command}`),
        variables: {
            [`${kubernetesVersion}.gitVersion`]: "v1.36.3",
            [`${kubernetesVersion}.gitMajor`]: "1",
            [`${kubernetesVersion}.gitMinor`]: "36",
        },
    },
    containerd: {
        module: "modules/containerd",
        version: "2.4.2",
        commands: ["containerd", "containerd-shim-runc-v2", "ctr"].map(
            (command) => `github.com/containerd/containerd/v2/cmd/${command}`,
        ),
        variables: { "github.com/containerd/containerd/v2/version.Version": "v2.4.2" },
    },
    registry: {
        module: "modules/registry",
        version: "3.1.2",
        commands: ["github.com/distribution/distribution/v3/cmd/registry"],
        variables: { "github.com/distribution/distribution/v3/version.version": "v3.1.2" },
    },
    // Podman's generator of units, which Debian's podman is too old to have.
    quadlet: {
        module: "modules/quadlet",
        version: "5.7.1",
        commands: ["github.com/containers/podman/v5/cmd/quadlet"],
        variables: {},
    },
    // The last version that the proxy has all modules of.
    nerdctl: {
        module: "modules/nerdctl",
        version: "1.7.7",
        commands: ["github.com/containerd/nerdctl/cmd/nerdctl"],
        variables: { "github.com/containerd/nerdctl/pkg/version.Version": "v1.7.7" },
    },
    coredns: {
        module: "modules/coredns",
        version: "1.15.0",
        commands: ["github.com/coredns/coredns"],
        variables: {},
    },
    traefik: {
        module: "modules/traefik",
        version: "3.6.7",
        commands: ["github.com/traefik/traefik/v3/cmd/traefik"],
        variables: { "github.com/traefik/traefik/v3/pkg/version.Version": "3.6.7" },
    },
    // An S3 server. Rclone's leaves out a field that the registry's S3 driver takes for granted, and panics without.
    versitygw: {
        module: "modules/versitygw",
        version: "1.8.0",
        commands: ["github.com/versity/versitygw/cmd/versitygw"],
        variables: {},
    },
    // Copies images with their signatures between registries and layouts, whatever the format of their manifests.
    regctl: {
        module: "modules/regctl",
        version: "0.11.7",
        commands: ["github.com/regclient/regclient/cmd/regctl"],
        variables: { "github.com/regclient/regclient/internal/version.vcsTag": "v0.11.7" },
    },
    // Renders charts, as whoever makes a bundle has it.
    helm: {
        module: "modules/helm",
        version: "3.21.4",
        commands: ["helm.sh/helm/v3/cmd/helm"],
        variables: { "helm.sh/helm/v3/internal/version.version": "v3.21.4" },
    },
    "local-path-provisioner": {
        module: "modules/local-path-provisioner",
        version: "0.0.30",
        commands: ["github.com/rancher/local-path-provisioner"],
        variables: { "main.VERSION": "v0.0.30" },
    },
};

/** Two builds at once keep both cores busy while one of them links, which takes a single core. */
const buildsAtOnce = 2;

/**
 * Builds what is not in the cache yet.
 * Returns, by name, the folder that holds the package's binaries.
 * Throws when Go is missing or a build fails; what was half built is gone then.
 */
export async function ensurePackages(names: readonly string[], report: Report): Promise<Map<string, string>> {
    const folders = new Map(names.map((name) => [name, folderOf(name)]));
    const missing = [...folders].filter(([, folder]) => !existsSync(folder));
    if (missing.length > 0) await requireGo();
    let built = 0;
    const queue = [...missing];
    const worker = async (): Promise<void> => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
            const [name, folder] = next;
            const { version } = packageNamed(name);
            await report.stage(`build ${name} ${version}`, () => build(name, folder));
            built += 1;
            report.say(`  built ${built.toString()} of ${missing.length.toString()} packages`);
        }
    };
    await Promise.all(Array.from({ length: buildsAtOnce }, worker));
    return folders;
}

function packageNamed(name: string): Package {
    const found = packages[name];
    if (found === undefined) throw new Error(`no such package: ${name}; known are ${Object.keys(packages).join(", ")}`);
    return found;
}

/** The key holds all that decides what comes out, so that a changed pin never finds an old binary. */
function folderOf(name: string): string {
    const { module, version, variables, amendment } = packageNamed(name);
    const key = createHash("sha256").update(JSON.stringify(variables));
    if (amendment !== undefined) key.update(JSON.stringify(amendment));
    for (const file of sourcesOf(join(import.meta.dirname, module))) key.update(file.path).update(file.content);
    return join(cacheDir(), "bin", name, `${version}-${key.digest("hex").slice(0, 12)}`);
}

function sourcesOf(folder: string): { path: string; content: Buffer }[] {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.endsWith("_test.go"))
        .map((entry) => join(entry.parentPath, entry.name))
        .sort()
        .map((path) => ({ path: relative(folder, path), content: readFileSync(path) }));
}

async function build(name: string, folder: string): Promise<void> {
    const { module, commands, variables, amendment } = packageNamed(name);
    const source = join(import.meta.dirname, module);
    mkdirSync(join(folder, ".."), { recursive: true });
    // Beside its final place, so that the rename is atomic and a build cut short is never taken for a whole one.
    const unfinished = mkdtempSync(`${folder}.unfinished-`);
    const linker = ["-s", "-w", ...Object.entries(variables).flatMap(([key, value]) => ["-X", `${key}=${value}`])];
    try {
        const flags = ["-trimpath", "-ldflags", linker.join(" "), "-o"];
        if (amendment === undefined) await go(["build", ...flags, `${unfinished}/`, ...commands], source);
        else await buildAmended(amendment, source, [...flags, join(unfinished, basename(amendment.folder))]);
        renameSync(unfinished, folder);
    } catch (error) {
        rmSync(unfinished, { recursive: true, force: true });
        // Another checkout may have finished the same build first.
        if (!existsSync(folder)) throw new Error(`building ${name} failed: ${String(error)}`, { cause: error });
    }
}

/** Builds a copy of a command's source with the amendment in it. Dependencies are those of the module, pinned as ever. */
async function buildAmended(amendment: Amendment, module: string, flags: readonly string[]): Promise<void> {
    const { sourceModule, folder, file, texts } = amendment;
    const copy = mkdtempSync(join(tmpdir(), "siteregistry-amended-"));
    try {
        const found = JSON.parse(await go(["mod", "download", "-json", sourceModule], module)) as { Dir: string };
        const pins = readdirSync(module).filter((one) => /^go\.(mod|sum)$/.test(one));
        for (const one of pins) copyFileSync(join(module, one), join(copy, one));
        for (const one of readdirSync(join(found.Dir, folder)).filter(isSource)) {
            writeFileSync(join(copy, one), readFileSync(join(found.Dir, folder, one)));
        }
        let content = readFileSync(join(copy, file), "utf8");
        for (const [text, instead] of Object.entries(texts)) {
            const parts = content.split(text);
            if (parts.length !== 2) throw new Error(`${sourceModule}/${folder}/${file} has not once: ${text}`);
            content = parts.join(instead);
        }
        writeFileSync(join(copy, file), content);
        await go(["build", ...flags, "."], copy);
    } finally {
        rmSync(copy, { recursive: true, force: true });
    }
}

const isSource = (file: string): boolean => file.endsWith(".go") && !file.endsWith("_test.go");

async function requireGo(): Promise<void> {
    try {
        await go(["version"], import.meta.dirname);
    } catch {
        throw new Error("the lab builds its parts with Go, and `go` does not run here: install Go 1.26 or newer");
    }
}

/** Runs the go command and returns what it printed; rejects with the end of what it said about a failure. */
async function go(args: readonly string[], folder: string): Promise<string> {
    const env = {
        ...process.env,
        CGO_ENABLED: "0",
        GOFLAGS: "-buildvcs=false -mod=readonly",
        GOTOOLCHAIN: "local",
        GOWORK: "off",
    };
    return await new Promise<string>((resolve, reject) => {
        const child = spawn("go", args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
        let output = "";
        let printed = "";
        child.stdout.on("data", (chunk: Buffer) => {
            output += chunk.toString();
        });
        child.stderr.on("data", (chunk: Buffer) => {
            printed = (printed + chunk.toString()).slice(-4000);
        });
        child.on("error", reject);
        child.on("close", (code) => {
            if (code === 0) resolve(output);
            else reject(new Error(printed.trim() || `go ended with ${String(code)}`));
        });
    });
}
