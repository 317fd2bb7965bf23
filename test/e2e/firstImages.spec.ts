import assert from "node:assert/strict";

import type { Lab } from "../../lab/lab.ts";
import { FirstBundle } from "../support/firstBundle.ts";
import { runningLab } from "../support/runningLab.ts";
import { ScratchSite } from "../support/scratchSite.ts";

/** No registry has these. */
const [registryImage, gateImage] = ["first.invalid/registry:3.1.2", "first.invalid/nginx:1.28.0"];

describe("the first images on the lab", function () {
    this.timeout(300_000);
    let lab: Lab;
    let bundle: FirstBundle;
    let site: ScratchSite;

    before(async () => {
        lab = await runningLab();
        bundle = new FirstBundle(lab, {
            [registryImage]: "docker.io/library/registry:3.1.2",
            [gateImage]: "docker.io/library/nginx:1.28.0",
        });
        const { path, sha256 } = await bundle.make();
        site = new ScratchSite(lab, "first", {
            ...{ image: registryImage, gate: { image: gateImage }, exposure: "clusterOnly" },
            ...{ storage: { kind: "emptyDir" }, proof: { enabled: false } },
        });
        await site.prepare();
        site.stack.set((config) => {
            delete config["siteregistry:nodeTrust"];
            const source = { kind: "bundle", path, sha256 };
            config["siteregistry:images"] = { source, destination: "none", firstImages: {} };
        });
    });
    after(async () => {
        await site.destroy();
        for (const node of lab.nodes) assert.ok(Object.values(await bundle.onNode(node)).every((pinned) => !pinned));
        await bundle.clear();
    });

    it("come to every node over the API server, and the registry runs from them", async () => {
        await site.up();
        for (const node of lab.nodes) {
            const found = await bundle.onNode(node);
            assert.equal(Object.keys(found).length, 4, node);
            assert.ok(
                Object.values(found).every((pinned) => pinned),
                node,
            );
        }
        const namespaces = await lab.kubectl(["get", "namespace", "first-images", "--ignore-not-found", "-o", "name"]);
        assert.equal(namespaces.stdout.trim(), "");
        assert.equal((await site.pods()).length, 1);
        await site.pulumi("preview", "--expect-no-changes");
    });

    it("are what it starts from again", async () => {
        await site.kubectl("delete", "pod", "--all", "--wait=true", "--grace-period=1");
        await site.ready();
    });
});
