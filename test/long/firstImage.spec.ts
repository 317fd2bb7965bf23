import assert from "node:assert/strict";
import { join } from "node:path";

import { down, up, type Lab } from "../../lab/lab.ts";
import { eventually } from "../../lab/machines/command.ts";
import { consoleReport } from "../../lab/report.ts";
import { copyTools, onPath } from "../support/copyTools.ts";
import { FirstBundle } from "../support/firstBundle.ts";
import { ScratchSite } from "../support/scratchSite.ts";

const name = "bare";
const host = `${name}.site.test`;
/** What the site itself runs, and the cluster's DNS, which no pod of it can do without. */
const first = [
    "docker.io/library/registry:3.1.2",
    "docker.io/library/nginx:1.28.0",
    "quay.io/skopeo/stable:v1.20.0",
    "registry.k8s.io/coredns/coredns:v1.15.0",
];
/** What the site's pods pull from the registry once it is there. */
const content = "docker.io/library/busybox:1.37.0";

describe("a site whose nodes hold only the pause image, from one bundle", function () {
    this.timeout(1_500_000);
    let lab: Lab;
    let bundle: FirstBundle;
    let site: ScratchSite;
    let restorePath: () => void;

    before(async () => {
        await down(consoleReport());
        process.env.LAB_IMAGES = "pause";
        lab = await up(consoleReport());
        bundle = new FirstBundle(lab, Object.fromEntries([...first, content].map((image) => [image, image])));
        const { path, sha256 } = await bundle.make();
        restorePath = onPath(await copyTools(join(bundle.folder, "bin")));
        await lab.exec("node1", ["mkdir", "-p", `/var/lib/${name}-registry`]);
        site = new ScratchSite(lab, name, {
            ...{ exposure: "clusterOnly", pullSecret: { namespaces: ["default"] } },
            storage: { kind: "hostPath", size: "1Gi", hostPath: { path: `/var/lib/${name}-registry`, node: "node1" } },
        });
        await site.prepare();
        site.stack.set((config) => {
            const source = { kind: "bundle", path, sha256 };
            const list = [{ image: content }];
            config["siteregistry:images"] = { source, list, reach: "cluster", firstImages: { images: first } };
        });
    });
    after(async () => {
        delete process.env.LAB_IMAGES;
        await site.destroy();
        restorePath();
        await bundle.clear();
        // The next spec brings up a lab with everything.
        await down(consoleReport());
    });

    const held = async (node: string): Promise<string[]> => {
        const { stdout } = await lab.exec(node, ["ctr", "--namespace=k8s.io", "images", "ls", "-q"]);
        return stdout.split("\n").filter((line) => line !== "" && !line.startsWith("sha256:"));
    };
    const running = async (pod: string): Promise<void> => {
        await eventually(`the pod ${pod}`, 120, async () => {
            const { stdout } = await lab.kubectl(["get", "pod", pod, "-o", "jsonpath={.status.phase}"]);
            return stdout === "Running" || stdout === "Succeeded";
        });
    };

    it("comes up with one update: registry, trust, proof, content", async () => {
        for (const node of lab.nodes) assert.deepEqual(await held(node), ["registry.k8s.io/pause:3.10"]);
        await site.up();
        const facts = await site.stack.facts();
        assert.equal(facts.provenImages?.length, 1);
        await site.pulumi("preview", "--expect-no-changes");
    });

    it("has pods of both nodes pull what came with the bundle", async () => {
        for (const node of lab.nodes) {
            const pod = {
                apiVersion: "v1",
                kind: "Pod",
                metadata: { name: `${name}-${node}` },
                spec: {
                    nodeName: node,
                    restartPolicy: "Never",
                    imagePullSecrets: [{ name: "image-registry-pull" }],
                    containers: [
                        { name: "it", image: `${host}/library/busybox:1.37.0`, command: ["sh", "-c", "echo here"] },
                    ],
                },
            };
            const { code, stderr } = await lab.kubectl(["apply", "-f", "-"], { input: JSON.stringify(pod) });
            assert.equal(code, 0, stderr);
        }
        for (const node of lab.nodes) await running(`${name}-${node}`);
    });

    it("starts its registry again with no registry to pull from, on a node that was switched off too", async () => {
        await site.kubectl("delete", "pod", "--all", "--wait=true", "--grace-period=1");
        await site.ready();
        const [before] = await site.pods();
        await lab.stopMachine("node1");
        await lab.startMachine("node1");
        // What is told of a node that was away for seconds is what it was before: another container is the sign.
        await eventually("the registry's new container", 240, async () => {
            const [now] = await site.pods();
            return now !== undefined && now.container !== "" && now.container !== before?.container;
        });
        await site.ready();
        const [pod] = await site.pods();
        assert.equal(pod?.node, "node1");
    });
});
