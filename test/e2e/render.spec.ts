import assert from "node:assert/strict";

import { current, type Lab } from "../../lab/lab.ts";
import { isRecord } from "../../settings/record.ts";
import { declaredObjects, pathOf, type DeclaredObject } from "../../tools/render/objects.ts";
import { placeholderAddress } from "../../tools/render/placeholders.ts";
import { registeredBy } from "../../tools/render/site.ts";
import { readStackFile } from "../../tools/render/stackFile.ts";
import { DryRun } from "../support/dryRun.ts";
import { ScratchSite } from "../support/scratchSite.ts";

const name = "render-e2e";

/** The value without what only an update makes, on both sides: certificates, digests over them, and the Service's address. */
function normalised(value: unknown, address: string): unknown {
    if (Array.isArray(value)) return value.map((item) => normalised(item, address));
    if (isRecord(value)) {
        return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, normalised(item, address)]));
    }
    if (typeof value !== "string") return value;
    return value
        .replaceAll(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g, "[certificate]")
        .replaceAll(new RegExp(`\\b${address.replaceAll(".", "\\.")}\\b`, "g"), placeholderAddress)
        .replace(/^[0-9a-f]{12}$/, "[digest]");
}

/** Where the live value is not what was rendered. The server adds fields, so only what was rendered is compared. */
function differences(rendered: unknown, live: unknown, path: string): string[] {
    if (Array.isArray(rendered)) {
        // The server leaves out an empty list.
        if (rendered.length === 0 && live === undefined) return [];
        if (!Array.isArray(live) || live.length !== rendered.length) return [`${path}: ${JSON.stringify(live)}`];
        return rendered.flatMap((item, index) => differences(item, live[index], `${path}[${index.toString()}]`));
    }
    if (isRecord(rendered)) {
        const known = isRecord(live) ? live : {};
        return Object.entries(rendered).flatMap(([key, item]) => differences(item, known[key], `${path}.${key}`));
    }
    return rendered === live ? [] : [`${path}: ${JSON.stringify(live)} is not ${JSON.stringify(rendered)}`];
}

describe("render on the API server", () => {
    let lab: Lab;
    let site: ScratchSite;

    before(async () => {
        const found = await current();
        assert.ok(found !== undefined, "the lab is not up: npm run lab -- up");
        lab = found;
        site = new ScratchSite(lab, name, {
            proof: { enabled: false },
            storage: { size: "1Gi", keepOnDestroy: false },
        });
        await site.prepare();
        site.stack.set((config) => {
            delete config["siteregistry:nodeTrust"];
        });
    });

    after(async () => {
        await site.destroy();
    });

    async function rendered(stack: string, file?: string, shown: string[] = []): Promise<DeclaredObject[]> {
        const declared = declaredObjects(await registeredBy(readStackFile(stack, file)), shown);
        return declared.filter(({ patch }) => !patch).map(({ object }) => object);
    }

    it("every object of dev is accepted as a strict dry run, with its secrets masked and with each shown", async () => {
        const namespace = `${name}-dry`;
        await lab.kubectl(["create", "namespace", namespace]);
        const server = new DryRun(lab.kubeconfig, namespace);
        try {
            const objects = await rendered("dev");
            const secrets = objects.filter(({ kind }) => kind === "Secret").map(pathOf);
            assert.ok(secrets.length > 0);
            for (const all of [objects, await rendered("dev", undefined, secrets)]) {
                const refused = await server.refusals(all);
                assert.deepEqual(
                    refused.map(({ message }) => message),
                    [],
                );
            }
            assert.deepEqual([...server.unserved], []);
        } finally {
            server.close();
            await lab.kubectl(["delete", "namespace", namespace, "--wait=false"]);
        }
    });

    it("what is rendered is what up applied", async () => {
        await site.up();
        const address = await site.kubectl("get", "service", site.namespace, "-o", "jsonpath={.spec.clusterIP}");
        const objects = await rendered("dev", site.stack.file);
        assert.ok(objects.length > 8, objects.map(pathOf).join(", "));
        const different: string[] = [];
        for (const { stringData, ...object } of objects) {
            const { metadata, kind } = object;
            const scope = metadata.namespace === undefined ? [] : ["--namespace", metadata.namespace];
            const { stdout, code, stderr } = await lab.kubectl(["get", kind, metadata.name, ...scope, "-o", "json"]);
            assert.equal(code, 0, stderr);
            const live = JSON.parse(stdout) as Record<string, unknown>;
            const sides = [object, live].map((side) => normalised(side, address));
            different.push(...differences(sides[0], sides[1], `${kind} ${pathOf(object)}`));
            // Of a secret only its keys are known beforehand.
            if (isRecord(stringData)) {
                assert.ok(isRecord(live.data));
                assert.deepEqual(Object.keys(live.data).sort(), Object.keys(stringData).sort(), pathOf(object));
            }
        }
        assert.deepEqual(different, []);
    });
});
