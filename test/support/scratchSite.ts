import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Lab } from "../../lab/lab.ts";
import { eventually } from "../../lab/machines/command.ts";
import { Stack } from "../../lab/site/stack.ts";
import type { Access } from "./outsideClient.ts";

/** Settings of one section. */
export type Section = Record<string, unknown>;

/**
 * A site of a test's own on the lab, beside the site `dev` and any other: its own stack, namespaces and host, all of which
 * begin with its name.
 */
export class ScratchSite {
    readonly name: string;
    readonly stack: Stack;
    private readonly lab: Lab;
    private registry: Section;
    private trust: Section = {};

    /** `registry` is what the section `registry` has besides names. */
    constructor(lab: Lab, name: string, registry: Section = {}) {
        this.lab = lab;
        this.name = name;
        this.stack = new Stack("dev", join(tmpdir(), `${name}-site`), lab.kubeconfig, name);
        this.registry = {
            ...{ name: `${name}-registry`, namespace: `${name}-registry`, host: `${name}.site.test` },
            ...{ pullSecret: { namespaces: [] }, proof: { namespace: `${name}-proof` }, ...registry },
        };
    }

    /** The namespace of the registry, which is also the name of its Service and its Deployment. */
    get namespace(): string {
        return `${this.name}-registry`;
    }

    /** Makes the stack, without what a run that was killed has left of it. */
    async prepare(): Promise<void> {
        await this.stack.prepare();
        await this.destroy();
        await this.stack.prepare();
        this.change({});
    }

    /** Changes settings of the section `registry`, for the next update. */
    change(registry: Section): void {
        this.registry = { ...this.registry, ...registry };
        this.stack.set((config) => {
            config["siteregistry:registry"] = this.registry;
            config["siteregistry:nodeTrust"] = { namespace: `${this.name}-trust`, ...this.trust };
        });
    }

    /** Sets what the section `nodeTrust` has besides its namespace, for the next update. */
    changeTrust(trust: Section): void {
        this.trust = trust;
        this.change({});
    }

    /** Runs the engine; anything but success is an error with what it said. */
    async pulumi(...args: string[]): Promise<string> {
        const { code, stdout, stderr } = await this.stack.pulumi(args);
        assert.equal(code, 0, `pulumi ${args.join(" ")}\n${stdout}\n${stderr}`);
        return stdout;
    }

    async up(): Promise<void> {
        await this.pulumi("up", "--yes", "--skip-preview");
    }

    /** Runs kubectl in the registry's namespace; anything but success is an error. */
    async kubectl(...args: string[]): Promise<string> {
        const { code, stdout, stderr } = await this.lab.kubectl(["--namespace", this.namespace, ...args]);
        assert.equal(code, 0, `kubectl ${args.join(" ")}: ${stderr}`);
        return stdout;
    }

    /** Names of the registry's pods, with the node, the first container's id and the restarts of each. */
    async pods(): Promise<{ name: string; node: string; container: string; restarts: number }[]> {
        const selector = `app.kubernetes.io/component=registry,app.kubernetes.io/instance=${this.namespace}`;
        const { items } = JSON.parse(await this.kubectl("get", "pods", "--selector", selector, "-o", "json")) as {
            items: {
                metadata: { name: string; deletionTimestamp?: string };
                spec: { nodeName: string };
                status: { containerStatuses?: { name: string; containerID?: string; restartCount: number }[] };
            }[];
        };
        return items
            .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
            .map(({ metadata, spec, status }) => {
                const registry = status.containerStatuses?.find(({ name }) => name === "registry");
                return {
                    name: metadata.name,
                    node: spec.nodeName,
                    container: registry?.containerID?.replace("containerd://", "") ?? "",
                    restarts: registry?.restartCount ?? 0,
                };
            });
    }

    /** Waits until every pod of the registry answers. */
    async ready(): Promise<void> {
        await this.kubectl("rollout", "status", `deployment/${this.namespace}`, "--timeout=180s");
    }

    /** How the first user reaches the registry. */
    async access(): Promise<Access> {
        const { host, users, passwords, caBundle } = await this.stack.facts();
        const user = users[0] ?? "";
        return { host, user, password: passwords[user] ?? "", caBundle };
    }

    /** Takes everything away, with the stack itself. */
    async destroy(): Promise<void> {
        await this.stack.releaseDeadLock();
        await this.pulumi("destroy", "--yes", "--skip-preview");
        const gone = ["registry", "proof", "trust"].map((suffix) => `namespace/${this.name}-${suffix}`);
        await eventually(`removing ${this.name}`, 120, async () => {
            const { stdout } = await this.lab.kubectl(["get", ...gone, "--ignore-not-found", "-o", "name"]);
            return stdout.trim() === "";
        });
        this.stack.forget();
    }
}
