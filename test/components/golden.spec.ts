import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { readSettings } from "../../settings.ts";
import { buildSite } from "../../site.ts";
import { configure, stackFile } from "../support/configuration.ts";
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

/** What a stack cannot say in its file. */
const secrets: Record<string, Record<string, unknown>> = {
    casd: { harborCredentials: { admin: "Harbor12345" } },
    quay: { quayCredentials: { s3: { accessKey: "key", secretKey: "hunter2" } } },
};

describe("golden files: every resource of a stack, as reviewers see it", () => {
    for (const stack of ["dev", "casd", "okd", "quay"]) {
        it(stack, async () => {
            configure({ ...stackFile(stack), ...secrets[stack] });
            const seen = await underMocks(() => buildSite(readSettings(), [] as pulumi.ProviderResource[]));
            const file = join(folder, `${stack}.json`);
            if (process.env.UPDATE_GOLDEN === "1") writeFileSync(file, `${JSON.stringify(rows(seen), undefined, 2)}\n`);
            assert.deepEqual(rows(seen), JSON.parse(readFileSync(file, "utf8")));
        });
    }
});
