import assert from "node:assert/strict";
import { rmSync } from "node:fs";

import { Stack } from "../../lab/site/stack.ts";
import type { OkdCluster } from "./cluster.ts";

export type Section = Record<string, unknown>;

/** A stack of a test on an {@link OkdCluster}, whose settings are in one section. */
export class SectionSite {
    readonly cluster: OkdCluster;
    readonly stack: Stack;
    /** What the engine has said. */
    readonly said: string[] = [];
    private readonly folder: string;
    private readonly key: string;
    private readonly variables: Record<string, string>;

    /** `section` is also the stack's name. `variables` are for the engine's programs, `folder` goes at the end. */
    constructor(
        section: string,
        cluster: OkdCluster,
        folder: string,
        { identifier, variables = {} }: { identifier: string; variables?: Record<string, string> },
    ) {
        this.cluster = cluster;
        this.folder = folder;
        this.key = `siteregistry:${section}`;
        this.variables = variables;
        this.stack = new Stack(section, folder, cluster.kubeconfig, identifier);
    }

    async stop(): Promise<void> {
        await this.cluster.stop();
        rmSync(this.folder, { recursive: true, force: true });
    }

    /** Changes the section. */
    change(edit: (section: Section) => void): void {
        this.stack.set((config) => {
            edit(config[this.key] as Section);
        });
    }

    /** Sets secrets, by path. */
    async give(secrets: Readonly<Record<string, string>>): Promise<void> {
        const pairs = Object.entries(secrets).flatMap(([path, value]) => ["--secret", `siteregistry:${path}=${value}`]);
        await this.succeed(["config", "set-all", "--path", ...pairs]);
    }

    /** Runs the engine. Returns what it wrote. */
    async succeed(args: string[]): Promise<string> {
        const { code, said } = await this.run(args);
        assert.equal(code, 0, `pulumi ${args.slice(0, 3).join(" ")}\n${said}`);
        return said;
    }

    /** Runs the engine, which must refuse. Returns its words. */
    async fail(args: string[]): Promise<string> {
        const { code, said } = await this.run(args);
        assert.notEqual(code, 0, said);
        return said;
    }

    /** Previews one change of the section, which must be refused, and takes it back. Returns the engine's words. */
    async refused(edit: (section: Section) => void): Promise<string> {
        let before: Section = {};
        this.change((section) => {
            before = structuredClone(section);
            edit(section);
        });
        const said = await this.fail(["preview"]);
        this.stack.set((config) => {
            config[this.key] = before;
        });
        return said;
    }

    private async run(args: string[]): Promise<{ code: number; said: string }> {
        const { code, stdout, stderr } = await this.stack.pulumi(args, this.variables);
        this.said.push(stdout, stderr);
        // What is for programs to read stands alone.
        return { code, said: code === 0 && args[0] === "stack" ? stdout : stdout + stderr };
    }
}
