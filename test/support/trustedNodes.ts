import assert from "node:assert/strict";

import { mustKubectl } from "../../lab/addons/kubectl.ts";
import type { Lab } from "../../lab/lab.ts";
import type { ScratchSite } from "./scratchSite.ts";

/** What a stack's output `nodes` has of one node. */
export interface ToldNode {
    node: string;
    pool: string;
    runtime: string;
    status: string;
    bundle: string;
    warnings: string[];
    cause: string;
}

/** What trust may touch on a node. Its ledger is not: the empty directory stays. */
const touched = "/etc/containerd /etc/docker /etc/hosts";

/** Nodes of the lab, as trust finds and leaves them. */
export class TrustedNodes {
    private readonly lab: Lab;

    constructor(lab: Lab) {
        this.lab = lab;
    }

    /** Runs a script on a machine; anything but success is an error. Returns what it printed. */
    async on(machine: string, script: string, input = ""): Promise<string> {
        const { code, stdout, stderr } = await this.lab.exec(machine, ["sh", "-euc", script], { input });
        assert.equal(code, 0, `${machine}: ${script}: ${stderr}`);
        return stdout;
    }

    /** The same on every node, in their order. */
    onAll(script: string, input?: string): Promise<string[]> {
        return Promise.all(this.lab.nodes.map((node) => this.on(node, script, input)));
    }

    /** Paths, modes, links and content of all that trust may touch, node by node. */
    snapshot(): Promise<string[]> {
        return this.onAll(
            `for one in ${touched}; do if [ -e $one ]; then echo $one; fi; done | while read -r one; do ` +
                `find $one -printf '%p %m %l\\n' | sort; find $one -type f | sort | xargs -r sha256sum; done; ` +
                `if [ -d /var/lib/siteregistry ]; then find /var/lib/siteregistry -mindepth 1; fi`,
        );
    }

    /** Processes of containerd, which a restart would change. */
    runtimes(): Promise<string[]> {
        return this.onAll("systemctl show containerd -p MainPID -p ActiveEnterTimestampMonotonic");
    }

    /** Gives a node labels, or takes them with a `-` at the end. */
    async label(node: string, ...labels: string[]): Promise<void> {
        await mustKubectl(this.lab, ["label", "--overwrite", "node", node, ...labels]);
    }

    /** Starts or stops a node's kubelet. Its pods run on. */
    async kubelet(node: string, verb: "start" | "stop"): Promise<void> {
        await this.on(node, `systemctl ${verb} lab-kubelet`);
    }

    /** Whether the cluster takes the node for Ready. */
    async isReady(node: string): Promise<boolean> {
        const path = '{.status.conditions[?(@.type=="Ready")].status}';
        return (await mustKubectl(this.lab, ["get", "node", node, "-o", `jsonpath=${path}`])) === "True";
    }

    /** What every node said in the last update. */
    async told(site: ScratchSite): Promise<ToldNode[]> {
        return JSON.parse(await site.pulumi("stack", "output", "nodes", "--json")) as ToldNode[];
    }
}

/** An update or removal that must fail. Returns everything that it said. */
export async function refusal(site: ScratchSite, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await site.stack.pulumi(args);
    assert.notEqual(code, 0, `pulumi ${args.join(" ")} went through:\n${stdout}`);
    return `${stdout}\n${stderr}`;
}

/** How long some work takes, in seconds, and what comes of it. */
export async function timed<T>(work: Promise<T>): Promise<[T, number]> {
    const begun = performance.now();
    const result = await work;
    return [result, (performance.now() - begun) / 1000];
}
