import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { readSettings } from "../../settings.ts";
import { buildSite } from "../../site.ts";
import { completed, configure, stackFile } from "../support/configuration.ts";
import { underMocks, type Registered } from "../support/mocks.ts";

const folder = join(import.meta.dirname, "..", "golden");

/** A secret shows as such, so that one which lost its mark stands out in review. */
function mask(value: unknown, path: string, secrets: readonly string[]): unknown {
    if (secrets.includes(path)) return "[secret]";
    if (Array.isArray(value)) return value.map((item, index) => mask(item, `${path}[${index.toString()}]`, secrets));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(
        entries.map(([key, item]) => [key, mask(item, path === "" ? key : `${path}.${key}`, secrets)]),
    );
}

function rows(seen: readonly Registered[]): unknown[] {
    const key = (one: Registered): string => `${one.type} ${one.name}`;
    return [...seen]
        .sort((a, b) => (key(a) < key(b) ? -1 : 1))
        .map((one) => ({ type: one.type, name: one.name, inputs: mask(one.inputs, "", one.secrets) }));
}

/** What machines say over SSH. */
const said = {
    "host-machine-bastion": { stdout: "running\n" },
    "host-reach-node1": { stdout: "reached\n" },
    "host-nodes-host-node1": { stdout: '{"status":"applied"}' },
};

/** Images: a bundle into the registry of the stack, before it the first ones on the nodes; and another registry outwards to a third. */
const images = {
    bundle: {
        "siteregistry:images": {
            source: { kind: "bundle", path: "site.tar", sha256: "a".repeat(64) },
            firstImages: {},
        },
    },
    outwards: {
        "siteregistry:images": {
            source: { kind: "registry", host: "upstream.example.org" },
            list: [{ image: "upstream.example.org/team/app:1", as: "app:stable" }],
            destination: "partner.example.org:5000",
            folder: "mirror",
            layout: "host",
        },
        "siteregistry:imageCredentials": {
            "upstream.example.org": { user: "reader", password: "hunter2" },
            "partner.example.org:5000": { user: "pusher", password: "hunter3" },
        },
    },
};

/** Compares what is registered with a golden file, or writes it. `without` are rows that another file shows. */
async function golden(
    name: string,
    configuration: Record<string, unknown>,
    without = new Set<string>(),
): Promise<void> {
    configure(configuration);
    const seen = await underMocks(() => buildSite(readSettings(), [] as pulumi.ProviderResource[]), said);
    const shown = rows(seen).filter((row) => !without.has(JSON.stringify(row)));
    const file = join(folder, `${name}.json`);
    if (process.env.UPDATE_GOLDEN === "1") writeFileSync(file, `${JSON.stringify(shown, undefined, 2)}\n`);
    assert.deepEqual(shown, JSON.parse(readFileSync(file, "utf8")));
}

describe("golden files: every resource of a stack, as reviewers see it", () => {
    for (const stack of ["dev", "casd", "okd", "quay", "kubespray"]) {
        it(stack, async () => {
            await golden(stack, completed(stackFile(stack)));
        });
    }
    for (const [name, sections] of Object.entries(images)) {
        it(`what images (${name}) add to dev`, async () => {
            const dev = JSON.parse(readFileSync(join(folder, "dev.json"), "utf8")) as unknown[];
            const without = new Set(dev.map((row) => JSON.stringify(row)));
            await golden(`dev-images-${name}`, { ...stackFile("dev"), ...sections }, without);
        });
    }
});
