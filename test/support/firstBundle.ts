import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Lab } from "../../lab/lab.ts";
import { skopeoOfTheLab } from "./realRegistry.ts";
import { bundleOf, lockedImages, type SmallBundle } from "./smallBundle.ts";

/** A bundle of images of the lab under names that no registry has, and the nodes' own view of them. */
export class FirstBundle {
    readonly folder = mkdtempSync(join(tmpdir(), "first-bundle-"));
    private readonly lab: Lab;
    private readonly names: Readonly<Record<string, string>>;

    /** `names`: what the lab calls an image, by the name that it gets. */
    constructor(lab: Lab, names: Readonly<Record<string, string>>) {
        this.lab = lab;
        this.names = names;
    }

    async make(): Promise<SmallBundle> {
        const layout = join(this.folder, "layout");
        const [program = "", ...before] = skopeoOfTheLab();
        for (const [name, image] of Object.entries(this.names)) {
            const archive = this.lab.archives[image];
            assert.ok(archive !== undefined, `the lab has no ${image}`);
            const copy = ["--insecure-policy", "copy", "--quiet", `docker-archive:${archive}`, `oci:${layout}:${name}`];
            execFileSync(program, [...before, ...copy], { stdio: "pipe" });
        }
        return bundleOf(layout, lockedImages(layout), join(this.folder, "site.tar"));
    }

    /** Of every name that this bundle's images have on a node, whether its containerd has it pinned. */
    async onNode(node: string): Promise<Record<string, boolean>> {
        const { stdout } = await this.lab.exec(node, ["ctr", "--namespace=k8s.io", "images", "ls"]);
        const repositories = Object.keys(this.names).map((name) => name.replace(/:[^:/]*$/, ""));
        const lines = stdout.split("\n").map((line) => line.trim().split(/\s+/));
        const ours = lines.filter(([name = ""]) => repositories.some((one) => new RegExp(`^${one}[:@]`).test(name)));
        return Object.fromEntries(
            ours.map((words) => [words[0] ?? "", words.at(-1)?.includes("io.cri-containerd.pinned=pinned") === true]),
        );
    }

    /** Takes the images from the nodes, and the files from this machine. */
    async clear(): Promise<void> {
        for (const node of this.lab.nodes) {
            const names = Object.keys(await this.onNode(node));
            if (names.length > 0) await this.lab.exec(node, ["ctr", "--namespace=k8s.io", "images", "rm", ...names]);
        }
        rmSync(this.folder, { recursive: true, force: true });
    }
}
