import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Lab } from "../../lab/lab.ts";
import { Stack } from "../../lab/site/stack.ts";
import {
    asleep,
    objectsOf,
    ofChance,
    recordedPassphrase,
    recordedSettings,
    recordedState,
    type RecordedState,
} from "./recordedState.ts";
import { surroundings, type Surrounding } from "./surroundings.ts";

interface Metadata {
    readonly name?: string;
    readonly namespace?: string;
}

/** The stack that a section of the settings is of. Any other is of `dev`. */
const stacks: Readonly<Record<string, string>> = { okd: "okd", quay: "quay", host: "kubespray" };

/** A site as a recording describes it, run by this checkout's program or by an older one's. */
export class RecordedSite {
    readonly name: string;
    readonly stack: Stack;
    private readonly lab: Lab;
    private readonly folder: string;
    private readonly kubeconfig: string;
    private readonly config: Record<string, unknown>;
    private around: Surrounding[] = [];
    private elsewhere: Record<string, unknown>[] = [];
    private broughtUp = false;

    /** `program` is the folder of the program that runs; without it, this checkout's. */
    constructor(name: string, lab: Lab, program?: string) {
        this.name = name;
        this.lab = lab;
        this.config = recordedSettings(name);
        this.folder = mkdtempSync(join(tmpdir(), `recorded-${name}-`));
        // A state names its kubeconfig, and the lab's is at a place of this machine's.
        this.kubeconfig = join(this.folder, "kubeconfig");
        const stack = Object.keys(stacks).find((section) => this.section(section) !== undefined) ?? "";
        this.stack = new Stack(stacks[stack] ?? "dev", this.folder, this.kubeconfig, "recorded", program);
    }

    private section(name: string): Record<string, unknown> | undefined {
        return this.config[`siteregistry:${name}`] as Record<string, unknown> | undefined;
    }

    /** Every namespace that the settings have the stack make. */
    get namespaces(): string[] {
        const registry = this.section("registry");
        const proof = registry?.proof as { namespace?: string } | undefined;
        return [registry?.namespace, proof?.namespace, this.section("nodeTrust")?.namespace].filter(
            (one) => typeof one === "string",
        );
    }

    /** Makes the stack with the recording's settings, and what these need around them. */
    async prepare(): Promise<void> {
        const settings = { ...this.config };
        for (const [name, surround] of Object.entries(surroundings)) {
            const section = this.section(name);
            if (section === undefined) continue;
            const one = await surround(section, this.lab, this.folder);
            this.around.push(one);
            settings[`siteregistry:${name}`] = one.section ?? section;
        }
        const kubeconfigs = this.around.map(({ kubeconfig }) => kubeconfig).filter((one) => one !== undefined);
        copyFileSync(kubeconfigs[0] ?? this.lab.kubeconfig, this.kubeconfig);
        writeFileSync(this.stack.passphraseFile, `${recordedPassphrase}\n`, { mode: 0o600 });
        await this.stack.prepare();
        this.stack.set((config) => {
            for (const key of Object.keys(config).filter((one) => one.startsWith("siteregistry:")))
                Reflect.deleteProperty(config, key);
            Object.assign(config, settings);
        });
        const secrets = this.around.flatMap((one) => Object.entries(one.secrets ?? {}));
        if (secrets.length === 0) return;
        const pairs = secrets.flatMap(([path, value]) => ["--secret", `siteregistry:${path}=${value}`]);
        await this.succeed(["config", "set-all", "--path", ...pairs]);
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

    /** Whether what the state tells of is made again by today's program. Otherwise it is objects on the lab, made as the state has them. */
    get isRemade(): boolean {
        return this.around.some(({ remade }) => remade);
    }

    /** Puts the recorded state in the place of the stack's own. What it tells of is not made. */
    async adopt(): Promise<void> {
        await this.import(recordedState(this.name));
    }

    /**
     * Puts the recorded state in the place of the stack's own, with what it says is in the cluster or anywhere else. Without `running`,
     * which is enough for a preview, no pod of the cluster's starts.
     */
    async restore({ running } = { running: true }): Promise<void> {
        if (this.isRemade) {
            await this.import(ofChance(recordedState(this.name)));
            await this.succeed(["up", "--yes", "--skip-preview"]);
            await this.adopt();
            return;
        }
        await this.adopt();
        const { deployment } = await this.state("--show-secrets");
        const items = objectsOf(deployment.resources).map((one) => (running ? one : asleep(one)));
        this.elsewhere = items.filter(({ metadata }) => !this.isOwn(metadata as Metadata));
        await this.removeKept();
        await this.removeElsewhere();
        const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
        // The plugin makes objects under this name, and takes their fields over from it.
        const made = await this.lab.kubectl(["create", "--field-manager", "pulumi-kubernetes", "-f", "-"], { input });
        assert.equal(made.code, 0, made.stderr);
    }

    private async import(state: RecordedState): Promise<void> {
        const file = join(this.folder, "recorded.json");
        writeFileSync(file, JSON.stringify(state));
        await this.succeed(["stack", "import", "--file", file]);
    }

    /** Objects in namespaces that the site has not made. */
    private async removeElsewhere(): Promise<void> {
        if (this.elsewhere.length === 0) return;
        const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: this.elsewhere });
        const gone = await this.lab.kubectl(["delete", "--ignore-not-found", "-f", "-"], { input });
        assert.equal(gone.code, 0, gone.stderr);
    }

    private isOwn({ name = "", namespace = name }: Metadata): boolean {
        return this.namespaces.includes(namespace);
    }

    /** Takes away what `destroy` leaves of volumes, with the namespaces that they are in. */
    async removeKept(): Promise<void> {
        if (this.namespaces.length === 0) return;
        const gone = await this.lab.kubectl(["delete", "namespace", ...this.namespaces, "--ignore-not-found"]);
        assert.equal(gone.code, 0, gone.stderr);
        const claims = 'jsonpath={range .items[*]}{.metadata.name} {.spec.claimRef.namespace}{"\\n"}{end}';
        const { stdout } = await this.lab.kubectl(["get", "persistentvolumes", "-o", claims]);
        const volumes = stdout.split("\n").map((line) => line.split(" "));
        for (const [volume = "", namespace = ""] of volumes)
            if (this.namespaces.includes(namespace)) await this.lab.kubectl(["delete", "persistentvolume", volume]);
    }

    /**
     * Takes everything away: the site, what stays of it, its surroundings and the stack. Where today's program has not run, the
     * state's kubeconfig is the recording machine's, and the objects go without the engine.
     */
    async remove(): Promise<void> {
        try {
            if (this.broughtUp) await this.succeed(["destroy", "--yes", "--skip-preview"]);
            await this.removeKept();
            await this.removeElsewhere();
        } finally {
            for (const one of this.around) await one.stop();
            rmSync(this.folder, { recursive: true, force: true });
        }
    }
}
