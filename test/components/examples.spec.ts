import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { readSettings } from "../../settings.ts";
import { buildSite } from "../../site.ts";
import { configure } from "../support/configuration.ts";
import { underMocks } from "../support/mocks.ts";

const folder = join(import.meta.dirname, "..", "..", "examples", "kubespray");
/** A program that everybody gets for his own machines: here a file that is there. */
const program = { path: "LICENSE", sha256: "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30" };
const said = {
    "host-machine-bastion": { stdout: "running\n" },
    ...Object.fromEntries(["node1", "node2"].map((node) => [`host-reach-${node}`, { stdout: "reached\n" }])),
    ...Object.fromEntries(
        ["node1", "node2"].map((node) => [`host-nodes-host-${node}`, { stdout: '{"status":"applied"}' }]),
    ),
};

describe("the example for kubespray", () => {
    const { config } = parse(readFileSync(join(folder, "Pulumi.kubespray.yaml"), "utf8")) as {
        config: Record<string, Record<string, unknown>>;
    };

    it("is a site, but for the program that everybody gets himself", async () => {
        const host = { ...config["siteregistry:host"], binary: program };
        configure({
            ...config,
            "siteregistry:host": host,
            sshKeys: { default: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" },
        });
        const seen = await underMocks(() => buildSite(readSettings(), []), said);
        const names = seen.map(({ name }) => name);
        for (const name of ["host-machine-bastion", "host-nodes-host-node1", "host-nodes-host-node2", "images-bastion"])
            assert.ok(names.includes(name), `${name} of ${names.join(", ")}`);
    });

    it("has the same nodes for kubespray", () => {
        const nodes = config["siteregistry:host"]?.nodes as { name: string; address: string; user: string }[];
        const inventory = readFileSync(join(folder, "inventory.ini"), "utf8");
        const lines = inventory.split("\n").filter((line) => line.includes("ansible_host="));
        const wanted = nodes.map(({ name, address, user }) => `${name} ansible_host=${address} ansible_user=${user}`);
        assert.deepEqual([...new Set(lines)].sort(), wanted);
    });
});
