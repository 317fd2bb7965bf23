import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { writeRandomImages } from "../../lab/images/randomImages.ts";
import { current, type Lab } from "../../lab/lab.ts";
import { makeCertificate } from "../support/certificateMaker.ts";
import { copyTools, onPath } from "../support/copyTools.ts";
import { RealRegistry, registryBinary } from "../support/realRegistry.ts";
import { ScratchSite } from "../support/scratchSite.ts";
import { bundleOf, lockedImages } from "../support/smallBundle.ts";

/** Where pods of this test run. */
const namespace = "seed-pods";

describe("a site that is seeded from a bundle", () => {
    let folder: string;
    let lab: Lab;
    let site: ScratchSite;
    let restorePath: () => void;
    let path: string;
    let sha256: string;

    before(async () => {
        const found = await current();
        assert.ok(found !== undefined, "the lab is not up: npm run lab -- up");
        lab = found;
        folder = mkdtempSync(join(tmpdir(), "seed-e2e-"));
        restorePath = onPath(await copyTools(join(folder, "bin")));
        const layout = join(folder, "layout");
        await writeRandomImages(
            layout,
            ["app", "tool"].map((name) => ({ name: `quay.io/seed/${name}:1`, layers: 2, layerBytes: 4 << 20 })),
        );
        ({ path, sha256 } = await bundleOf(layout, lockedImages(layout), join(folder, "site.tar")));
        await lab.kubectl(["create", "namespace", namespace]);
        site = new ScratchSite(lab, "seed", {
            pullSecret: { name: "seed-pull", namespaces: [namespace] },
            proof: { enabled: false },
            storage: { size: "1Gi", keepOnDestroy: false },
        });
        await site.prepare();
        site.stack.set((config) => {
            config["siteregistry:images"] = { source: { kind: "bundle", path, sha256 } };
        });
    });

    after(async () => {
        await lab.kubectl(["delete", "namespace", namespace, "--wait=false"]);
        await site.destroy();
        restorePath();
        rmSync(folder, { recursive: true, force: true });
    });

    it("has the images after one up, though its host is known to nobody here", async () => {
        await site.up();
        const { images } = (await site.stack.facts()) as unknown as { images: { reference: string; digest: string }[] };
        assert.deepEqual(
            images.map(({ reference }) => reference),
            ["seed.site.test/seed/app:1", "seed.site.test/seed/tool:1"],
        );
    });

    it("has nothing to do the second time, and has not drifted", async () => {
        await site.pulumi("preview", "--expect-no-changes");
        await site.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    });

    it("goes outwards to another registry, when told", async () => {
        const authority = makeCertificate({ name: "A partner's authority", ca: true });
        const { certificate, key } = makeCertificate({ name: "partner", issuer: authority, names: ["127.0.0.1"] });
        const partner = await RealRegistry.start(await registryBinary(), join(folder, "partner"), {
            tls: { certificate, key },
        });
        try {
            const to = { destination: partner.host, caBundle: authority.certificate, folder: "from-site" };
            site.stack.set((config) => {
                config["siteregistry:images"] = { source: { kind: "bundle", path, sha256 }, ...to };
            });
            await site.up();
            const { images } = (await site.stack.facts()) as unknown as { images: { reference: string }[] };
            assert.deepEqual(
                images.map(({ reference }) => reference),
                ["app", "tool"].map((name) => `${partner.host}/from-site/seed/${name}:1`),
            );
            await site.pulumi("preview", "--expect-no-changes");
        } finally {
            partner.stop();
        }
    });

    it("starts a seeded image on each node", async () => {
        for (const node of lab.nodes) {
            const pod = {
                ...{ apiVersion: "v1", kind: "Pod", metadata: { name: `seeded-${node}`, namespace } },
                spec: {
                    ...{ nodeName: node, imagePullSecrets: [{ name: "seed-pull" }] },
                    containers: [{ name: "it", image: "seed.site.test/seed/app:1" }],
                },
            };
            const { code, stderr } = await lab.kubectl(["apply", "-f", "-"], { input: JSON.stringify(pod) });
            assert.equal(code, 0, stderr);
        }
        const all = ["--namespace", namespace, "pod", "--all"];
        const { code, stderr } = await lab.kubectl(["wait", "--for=condition=Ready", "--timeout=90s", ...all]);
        assert.equal(code, 0, stderr);
    });
});
