import assert from "node:assert/strict";

import type { Lab } from "../../lab/lab.ts";
import { runningLab } from "../support/runningLab.ts";
import { ScratchSite } from "../support/scratchSite.ts";
import { refusal, TrustedNodes } from "../support/trustedNodes.ts";

const name = "disk";
const certs = "/etc/containerd/certs.d";
const ledgers = "/var/lib/siteregistry";

describe("a node whose disk takes nothing", () => {
    let lab: Lab;
    let site: ScratchSite;
    let nodes: TrustedNodes;
    let first: string;
    let last: string;

    /** A file system of its own in the place of a directory, which can be full and read-only without anything else noticing. */
    const mount = (folder: string): Promise<string> =>
        nodes.on(first, `mkdir -p ${folder}; mount -t tmpfs -o size=256k,mode=0755 tmpfs ${folder}`);
    const fill = (folder: string): Promise<string> =>
        nodes.on(first, `dd if=/dev/zero of=${folder}/filling bs=4k 2>/dev/null || true`);
    const failing = (): Promise<string> => refusal(site, "up", "--yes", "--skip-preview");

    before(async () => {
        lab = await runningLab();
        nodes = new TrustedNodes(lab);
        [first = "", last = ""] = lab.nodes;
        site = new ScratchSite(lab, name, {
            storage: { size: "1Gi", keepOnDestroy: false },
            proof: { enabled: false, namespace: `${name}-proof` },
        });
        await site.prepare();
        site.changeTrust({ timeoutSeconds: 30 });
    });
    after(async () => {
        await nodes.on(first, `mount -o remount,rw ${certs} 2>/dev/null || true`);
        await site.destroy();
        for (const folder of [certs, ledgers])
            await nodes.on(first, `if grep -q ' ${folder} ' /proc/mounts; then umount ${folder}; fi`);
    });

    it("for the ledger is named with that cause, and nothing is written there", async () => {
        await mount(certs);
        await mount(ledgers);
        await fill(ledgers);
        const said = await failing();
        assert.match(said, /1 of 2 nodes do not have the bundle:/);
        assert.match(said, new RegExp(`${first}: cannot .*${ledgers}.*(No space left on device|is full)`));
        assert.doesNotMatch(said, new RegExp(`${last}: `));
        assert.equal(await nodes.on(first, `ls ${certs}`), "");
        await nodes.on(first, `rm ${ledgers}/filling`);
    });

    it("for the runtime's files is named with that cause, and no half of one is left", async () => {
        await fill(certs);
        // Whatever came meanwhile, since there was room for the ledger, goes out of the way.
        const said = await failing();
        assert.match(said, new RegExp(`${first}: cannot write ${certs}/.*: No space left on device`));
        assert.doesNotMatch(said, new RegExp(`${last}: `));
        assert.equal(await nodes.on(first, `find ${certs} -type f ! -name filling`), "");
        await nodes.on(first, `rm ${certs}/filling`);
        site.changeTrust({});
        await site.up();
        await site.pulumi("preview", "--expect-no-changes");
    });

    it("because it is read-only is named with that cause, in an update and in a removal", async () => {
        await nodes.on(first, `mount -o remount,ro ${certs}`);
        site.changeTrust({ timeoutSeconds: 30, insecureRegistries: ["old.site.test:5000"] });
        const said = await failing();
        assert.match(said, new RegExp(`${first}: cannot .*: Read-only file system`));
        const stuck = await refusal(site, "destroy", "--yes", "--skip-preview");
        assert.match(stuck, /1 of 2 nodes have not taken their trust back:/);
        assert.match(stuck, new RegExp(`${first}: cannot remove ${certs}/.*: Read-only file system`));
        await nodes.on(first, `mount -o remount,rw ${certs}`);
        site.changeTrust({});
        await site.pulumi("destroy", "--yes", "--skip-preview");
        assert.equal(await nodes.on(first, `find ${certs} ${ledgers} -mindepth 1`), "");
    });
});
