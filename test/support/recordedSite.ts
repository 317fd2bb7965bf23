import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parse } from "yaml";

import type { Lab } from "../../lab/lab.ts";
import { Stack } from "../../lab/site/stack.ts";
import { expanded } from "./compactState.ts";
import { HarborSite } from "./harborSite.ts";

/** Where recordings are: `<name>.yaml` with the settings, and `<name>.json` with what `pulumi stack export` said after an `up`. */
export const recordings = join(import.meta.dirname, "..", "recorded", "sites");

/** The passphrase of every recorded state. What it keeps was made for the recording, of a site that is gone. */
export const recordedPassphrase = "recorded";

/** A resource of a recorded state. */
export interface RecordedResource {
    readonly urn: string;
    readonly type: string;
    readonly id?: string;
    readonly external?: boolean;
    readonly inputs?: Record<string, unknown>;
    readonly outputs?: Record<string, unknown>;
}

/** What `pulumi stack export` writes, as far as it is looked at here. */
export interface RecordedState {
    readonly version: number;
    readonly deployment: { readonly resources: RecordedResource[] };
}

/** Names of all recordings. */
export function recordedNames(): string[] {
    const files = readdirSync(recordings).filter((file) => file.endsWith(".json"));
    return files.map((file) => file.replace(/\.json$/, "")).sort();
}

/** The settings of a recording. */
export function recordedSettings(name: string): Record<string, unknown> {
    return parse(readFileSync(join(recordings, `${name}.yaml`), "utf8")) as Record<string, unknown>;
}

/** The state of a recording. */
export function recordedState(name: string): RecordedState {
    return expanded(readFileSync(join(recordings, `${name}.json`), "utf8")) as RecordedState;
}

interface Metadata {
    readonly name?: string;
    readonly namespace?: string;
}

/** A site as a recording describes it, run by this checkout's program or by an older one's. */
export class RecordedSite {
    readonly name: string;
    readonly stack: Stack;
    private readonly folder: string;
    private readonly config: Record<string, unknown>;
    private harbor: HarborSite | undefined;
    private elsewhere: Record<string, unknown>[] = [];
    private broughtUp = false;

    /** `program` is the folder of the program that runs; without it, this checkout's. */
    constructor(name: string, lab: Lab, program?: string) {
        this.name = name;
        this.config = recordedSettings(name);
        this.folder = mkdtempSync(join(tmpdir(), `recorded-${name}-`));
        // A state names its kubeconfig, and the lab's is at a place of this machine's.
        const kubeconfig = join(this.folder, "kubeconfig");
        copyFileSync(lab.kubeconfig, kubeconfig);
        this.stack = new Stack("dev", this.folder, kubeconfig, "recorded", program);
    }

    /** Every namespace that the settings have the stack make. */
    get namespaces(): string[] {
        const of = (section: string) => this.config[`siteregistry:${section}`] as Record<string, unknown> | undefined;
        const registry = of("registry");
        const proof = registry?.proof as { namespace?: string } | undefined;
        return [registry?.namespace, proof?.namespace, of("nodeTrust")?.namespace].filter(
            (one) => typeof one === "string",
        );
    }

    /** Makes the stack with the recording's settings, and a stand-in for the Harbor that these name. */
    async prepare(): Promise<void> {
        writeFileSync(this.stack.passphraseFile, `${recordedPassphrase}\n`, { mode: 0o600 });
        await this.stack.prepare();
        const harbor = this.config["siteregistry:harbor"] as Record<string, unknown> | undefined;
        if (harbor !== undefined) {
            this.harbor = await HarborSite.start();
            const [endpoint] = harbor.endpoints as { url: string }[];
            if (endpoint !== undefined) this.harbor.registry(endpoint.url, ["team/app:1.0"]);
        }
        const own = harbor === undefined ? {} : { "siteregistry:harbor": { ...harbor, url: this.harbor?.harbor.url } };
        this.stack.set((config) => {
            for (const key of Object.keys(config).filter((one) => one.startsWith("siteregistry:")))
                Reflect.deleteProperty(config, key);
            Object.assign(config, this.config, own);
        });
        if (harbor !== undefined)
            await this.succeed([
                "config",
                "set",
                "--secret",
                "--path",
                "siteregistry:harborCredentials.admin",
                "Harbor12345",
            ]);
    }

    /** Runs the engine; anything but success is an error with what it said. */
    async succeed(args: string[], stack = this.stack): Promise<string> {
        const { code, stdout, stderr } = await stack.pulumi(args);
        if (args[0] === "up") this.broughtUp = true;
        if (args[0] === "stack" && args[1] === "import") this.broughtUp = false;
        assert.equal(code, 0, `pulumi ${args.join(" ")}\n${stdout}\n${stderr}`);
        return stdout;
    }

    /** What the stack's state is now. */
    async state(...more: string[]): Promise<RecordedState> {
        return JSON.parse(await this.succeed(["stack", "export", ...more])) as RecordedState;
    }

    /** Puts the recorded state in the place of the stack's own, with what it says is in the cluster or in the Harbor. */
    async restore(lab: Lab): Promise<void> {
        if (this.harbor !== undefined) await this.restoreHarbor();
        const file = join(this.folder, "recorded.json");
        writeFileSync(file, JSON.stringify(recordedState(this.name)));
        await this.succeed(["stack", "import", "--file", file]);
        const { deployment } = await this.state("--show-secrets");
        const items = objectsOf(deployment.resources);
        if (items.length === 0) return;
        this.elsewhere = items.filter(({ metadata }) => !this.isOwn(metadata as Metadata));
        await this.removeKept(lab);
        await this.removeElsewhere(lab);
        const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
        // The plugin makes objects under this name, and takes their fields over from it.
        const made = await lab.kubectl(["create", "--field-manager", "pulumi-kubernetes", "-f", "-"], { input });
        assert.equal(made.code, 0, made.stderr);
    }

    /** Objects in namespaces that the site has not made. */
    private async removeElsewhere(lab: Lab): Promise<void> {
        if (this.elsewhere.length === 0) return;
        const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: this.elsewhere });
        const gone = await lab.kubectl(["delete", "--ignore-not-found", "-f", "-"], { input });
        assert.equal(gone.code, 0, gone.stderr);
    }

    private isOwn({ name = "", namespace = name }: Metadata): boolean {
        return this.namespaces.includes(namespace);
    }

    /** The stand-in gets by another stack what the recorded one had made: Harbor counts from 1, so by the same numbers. */
    private async restoreHarbor(): Promise<void> {
        await this.succeed(["up", "--yes", "--skip-preview"]);
        const { deployment, ...rest } = await this.state();
        const file = join(this.folder, "empty.json");
        writeFileSync(file, JSON.stringify({ ...rest, deployment: { ...deployment, resources: [] } }));
        await this.succeed(["stack", "import", "--file", file]);
    }

    /** Takes away what `destroy` leaves of volumes, with the namespaces that they are in. */
    async removeKept(lab: Lab): Promise<void> {
        if (this.namespaces.length === 0) return;
        const gone = await lab.kubectl(["delete", "namespace", ...this.namespaces, "--ignore-not-found"]);
        assert.equal(gone.code, 0, gone.stderr);
        const claims = 'jsonpath={range .items[*]}{.metadata.name} {.spec.claimRef.namespace}{"\\n"}{end}';
        const { stdout } = await lab.kubectl(["get", "persistentvolumes", "-o", claims]);
        const volumes = stdout.split("\n").map((line) => line.split(" "));
        for (const [volume = "", namespace = ""] of volumes)
            if (this.namespaces.includes(namespace)) await lab.kubectl(["delete", "persistentvolume", volume]);
    }

    /**
     * Takes everything away: the site, what stays of it, the stand-in and the stack. Where today's program has not run, the
     * state's kubeconfig is the recording machine's, and the objects go without the engine.
     */
    async remove(lab: Lab): Promise<void> {
        if (this.broughtUp) await this.succeed(["destroy", "--yes", "--skip-preview"]);
        await this.removeKept(lab);
        await this.removeElsewhere(lab);
        await this.harbor?.stop();
        rmSync(this.folder, { recursive: true, force: true });
    }
}

/** Kubernetes' objects of a state, in the order they were made. Its secrets are shown. */
function objectsOf(resources: readonly RecordedResource[]): Record<string, unknown>[] {
    const volume = resources.find(({ type }) => type === "kubernetes:core/v1:PersistentVolumePatch");
    const volumes = volume === undefined ? [] : [volumeOf(shown(volume.outputs) as Record<string, unknown>)];
    const objects = resources
        .filter((one) => one.type.startsWith("kubernetes:") && one.external !== true && one !== volume)
        .map((one) => {
            const inputs = shown(one.inputs) as Record<string, unknown>;
            // Its certificate and its nodes know the registry by this address.
            const { clusterIP } = ((one.outputs ?? {}).spec ?? {}) as { clusterIP?: string };
            return inputs.kind === "Service" ? { ...inputs, spec: { ...(inputs.spec as object), clusterIP } } : inputs;
        });
    return [
        ...objects.map((one) =>
            one.kind === "PersistentVolumeClaim" && volumes[0] !== undefined
                ? { ...one, spec: { ...(one.spec as object), storageClassName: "local-path", volumeName: volume?.id } }
                : one,
        ),
        ...volumes,
    ];
}

/** A volume as its claim had it, for a claim that has not its old uid. */
function volumeOf({ spec, metadata }: Record<string, unknown>): Record<string, unknown> {
    const { claimRef, ...rest } = spec as { claimRef: { name: string; namespace: string } };
    const { name, namespace } = claimRef;
    return {
        ...{ apiVersion: "v1", kind: "PersistentVolume" },
        metadata: { name: (metadata as { name: string }).name },
        spec: { ...rest, claimRef: { kind: "PersistentVolumeClaim", apiVersion: "v1", name, namespace } },
    };
}

/** A value without the wrapping of secrets, as `--show-secrets` has it. */
function shown(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(shown);
    if (typeof value !== "object" || value === null) return value;
    if ("plaintext" in value) return shown(JSON.parse(String(value.plaintext)));
    const entries = Object.entries(value).filter(([key]) => key !== "__internal");
    return Object.fromEntries(entries.map(([key, one]) => [key, shown(one)]));
}
