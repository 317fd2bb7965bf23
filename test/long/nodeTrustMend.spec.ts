import assert from "node:assert/strict";

import type { Lab } from "../../lab/lab.ts";
import { eventually } from "../../lab/machines/command.ts";
import { runningLab } from "../support/runningLab.ts";
import { ScratchSite } from "../support/scratchSite.ts";
import { TrustedNodes } from "../support/trustedNodes.ts";

const name = "mends";
const host = `${name}.site.test:5000`;
const config = "/etc/containerd/config.toml";
const kept = `/root/${name}-config.toml`;

describe("a node whose containerd reads no directory of registries, mended on request", () => {
    let lab: Lab;
    let site: ScratchSite;
    let nodes: TrustedNodes;
    let untouched: string[];
    let first: string;

    before(async () => {
        lab = await runningLab();
        nodes = new TrustedNodes(lab);
        [first = ""] = lab.nodes;
        // As Debian's containerd 1 has it without a word about registries.
        await nodes.on(
            first,
            `cp -p ${config} ${kept}; sed -i '/config_path/d' ${config}; grep -q config_path ${config} && exit 1; systemctl restart containerd`,
        );
        await eventually(`containerd of ${first}`, 60, () => nodes.isReady(first));
        untouched = await nodes.snapshot();
        const storage = { size: "1Gi", keepOnDestroy: false };
        site = new ScratchSite(lab, name, { exposure: "clusterOnly", host, storage });
        await site.prepare();
        site.changeTrust({ mend: "config" });
    });
    after(async () => {
        await site.destroy();
        await nodes.on(first, `cat ${kept} >${config}; rm ${kept}; systemctl restart containerd`);
        await eventually(`containerd of ${first}`, 60, () => nodes.isReady(first));
    });

    it("restarts that containerd alone, no pod with it, and pulls", async () => {
        const [there = "", elsewhere] = await nodes.runtimes();
        const shims = await nodes.on(first, "pgrep -f [c]ontainerd-shim | sort");
        // With the proof: both nodes pull.
        await site.pulumi("up", "--yes", "--skip-preview");
        const [restarted, same] = await nodes.runtimes();
        assert.notEqual(restarted, there);
        assert.equal(same, elsewhere);
        const still = new Set((await nodes.on(first, "pgrep -f [c]ontainerd-shim")).split("\n"));
        const gone = shims.split("\n").filter((pid) => !still.has(pid));
        assert.deepEqual(gone, []);
        assert.match(await nodes.on(first, `cat ${config}`), /config_path = "\/etc\/containerd\/certs\.d"/);
    });

    it("shows nothing to do afterwards, and restarts nothing again", async () => {
        const before = await nodes.runtimes();
        await site.pulumi("preview", "--expect-no-changes");
        await site.pulumi("up", "--yes", "--skip-preview");
        assert.deepEqual(await nodes.runtimes(), before);
    });

    it("puts back what stood there, byte for byte", async () => {
        await site.pulumi("destroy", "--yes", "--skip-preview");
        assert.deepEqual(await nodes.snapshot(), untouched);
    });
});
