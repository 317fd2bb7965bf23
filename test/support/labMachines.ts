import assert from "node:assert/strict";

import type { Certificates, KeyPair } from "../../lab/cluster/certificates.ts";
import { controlPlaneMachine } from "../../lab/cluster/controlPlane.ts";
import { nodeMachine } from "../../lab/cluster/node.ts";
import type { MachineSpec } from "../../lab/machines/machine.ts";
import * as plan from "../../lab/network/plan.ts";

function pair(name: string): KeyPair {
    return { key: `key of ${name}`, certificate: `certificate of ${name}` };
}

/** Certificates that say whose they are, and are none. */
export const certificates: Certificates = {
    ca: pair("ca"),
    apiServer: pair("apiServer"),
    apiServerToKubelet: pair("apiServerToKubelet"),
    controllerManager: pair("controllerManager"),
    scheduler: pair("scheduler"),
    proxy: pair("proxy"),
    admin: pair("admin"),
    kubelets: new Map(plan.nodes.map(({ name }) => [name, pair(name)])),
    serviceAccounts: pair("serviceAccounts"),
};

/** The machines of the lab's cluster, as they are described before any of them is there. */
export const nodes = plan.nodes.map((node) => ({
    node,
    machine: nodeMachine(node, certificates, "/cache/kubernetes"),
}));
export const control = controlPlaneMachine(certificates, "/cache/kubernetes", "/state/relay");
export const machines = [control, ...nodes.map(({ machine }) => machine)];

/** A file of the machine, which has it. */
export function textOf({ files }: MachineSpec, path: string): string {
    const text = files[path];
    assert.ok(text !== undefined, path);
    return text;
}

/** The same of a file that is JSON. */
export function jsonOf(machine: MachineSpec, path: string): Record<string, unknown> {
    return JSON.parse(textOf(machine, path)) as Record<string, unknown>;
}

/** Every file of the machine. */
export function decoded(machine: MachineSpec): string {
    // Kubeconfigs carry keys in base64.
    return Object.values(machine.files)
        .map((text) => text.replace(/"[\w+/]+={0,2}"/g, (word) => `${word}${Buffer.from(word, "base64").toString()}`))
        .join("\n");
}
