import assert from "node:assert/strict";

import { mustKubectl } from "../../lab/addons/kubectl.ts";
import type { Lab } from "../../lab/lab.ts";
import { OutsideClient } from "../support/outsideClient.ts";
import { runningLab } from "../support/runningLab.ts";
import { ScratchSite } from "../support/scratchSite.ts";

const name = "reliability-full";
const disk = `/var/lib/${name}`;

describe("the registry's disk is full", () => {
    let lab: Lab;
    let node: string;
    let site: ScratchSite;
    let outside: OutsideClient;

    const onNode = async (script: string): Promise<string> => {
        const { code, stdout, stderr } = await lab.exec(node, ["sh", "-euc", script]);
        assert.equal(code, 0, stderr);
        return stdout;
    };
    const push = (repository: string) =>
        outside.sh(outside.skopeo("oci:layout:image", `docker://${name}.site.test/${repository}:1`));

    before(async () => {
        lab = await runningLab();
        node = lab.nodes[0] ?? "";
        // A disk of its own in the node's machine: what fills it fills nothing else.
        await onNode(
            `mkdir -p ${disk}; mountpoint -q ${disk} || mount -t tmpfs -o size=64m ${name} ${disk}; chmod 0777 ${disk}`,
        );
        await mustKubectl(lab, ["apply", "-f", "-"], JSON.stringify(volume(node)));
        site = new ScratchSite(lab, name, { storage: { size: "64Mi", storageClass: name, keepOnDestroy: false } });
        await site.prepare();
        await site.up();
        outside = new OutsideClient(lab, name, await site.access());
        await outside.prepare();
        await outside.receive("layout", [{ name: "image", layers: 4, layerBytes: 4 << 20 }]);
    });

    after(async () => {
        await outside.remove();
        await site.destroy();
        await lab.kubectl(["delete", "persistentvolume", name, "--ignore-not-found"]);
        await onNode(`umount ${disk}; rmdir ${disk}`);
    });

    it("takes pushes while there is space", async () => {
        const { code, stderr } = await push("before");
        assert.equal(code, 0, stderr);
    });

    it("answers a push with an error, stays alive, and serves what it has", async () => {
        const before = await site.pods();
        await onNode(`dd if=/dev/zero of=${disk}/ballast bs=1M count=64 2>/dev/null || true; df ${disk}`);
        const refused = await push("full");
        assert.notEqual(refused.code, 0);
        assert.match(refused.stderr, /50[0-9]|no space left|server error|unexpected status/i, refused.stderr);
        console.log(`        a client is told: ${refused.stderr.trim().slice(-200)}`);
        assert.deepEqual(await site.pods(), before, "a pod was restarted");
        await outside.must(`rm -rf pulled; ${outside.skopeo(`docker://${name}.site.test/before:1`, "dir:pulled")}`);
        const ready = await site.kubectl("get", "deployment", site.namespace, "-o", "jsonpath={.status.readyReplicas}");
        assert.equal(ready, "1");
    });

    it("takes pushes again as soon as there is space", async () => {
        const before = await site.pods();
        await onNode(`rm ${disk}/ballast`);
        const { code, stderr } = await push("full");
        assert.equal(code, 0, stderr);
        await outside.must(`rm -rf pulled; ${outside.skopeo(`docker://${name}.site.test/full:1`, "dir:pulled")}`);
        assert.deepEqual(await site.pods(), before, "a pod was restarted");
    });
});

/** A volume of that disk, which only a claim of its own class takes. */
function volume(node: string): object {
    return {
        apiVersion: "v1",
        kind: "PersistentVolume",
        metadata: { name },
        spec: {
            storageClassName: name,
            capacity: { storage: "64Mi" },
            accessModes: ["ReadWriteOnce"],
            persistentVolumeReclaimPolicy: "Retain",
            local: { path: disk },
            nodeAffinity: {
                required: {
                    nodeSelectorTerms: [
                        { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [node] }] },
                    ],
                },
            },
        },
    };
}
