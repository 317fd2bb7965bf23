import assert from "node:assert/strict";

import { mustKubectl } from "../../lab/addons/kubectl.ts";
import type { Lab } from "../../lab/lab.ts";
import { Stack } from "../../lab/site/stack.ts";
import { NodePulls } from "../support/nodePulls.ts";
import { OutsideClient } from "../support/outsideClient.ts";
import { runningLab } from "../support/runningLab.ts";
import { ScratchSite } from "../support/scratchSite.ts";

const name = "sites10";
const pods = `${name}-pods`;

/**
 * A site with a registry, and another that has none: its nodes trust the first one's and pull from it by what that one's stack
 * tells. Both are on the lab, and only the second one makes nodes trust.
 */
describe("a site whose nodes pull from another site's registry", () => {
    let lab: Lab;
    let central: ScratchSite;
    let edge: Stack;
    let client: OutsideClient;
    let pulls: NodePulls;
    let image: string;

    const succeed = async (...args: string[]): Promise<string> => {
        const { code, stdout, stderr } = await edge.pulumi(args);
        assert.equal(code, 0, `pulumi ${args.join(" ")}\n${stdout}\n${stderr}`);
        return stdout;
    };

    before(async () => {
        lab = await runningLab();
        const proof = { enabled: false, namespace: `${name}-proof` };
        const users = [{ name: "ci" }, { name: "reader", role: "pull" }];
        central = new ScratchSite(lab, name, { proof, users, storage: { size: "1Gi", keepOnDestroy: false } });
        await central.prepare();
        central.stack.set((config) => {
            delete config["siteregistry:nodeTrust"];
        });
        await central.up();
        const access = await central.access();
        client = new OutsideClient(lab, name, access);
        await client.prepare();
        const names = lab.nodes.map((node) => `for-${node}`);
        await client.receive(
            "layout",
            names.map((one) => ({ name: one, layers: 1, layerBytes: 64 << 10 })),
        );
        image = `${access.host}/team/app`;
        for (const one of names) await client.must(client.skopeo(`oci:layout:${one}`, `docker://${image}:${one}`));
        await mustKubectl(lab, ["create", "namespace", pods]);
        pulls = new NodePulls(lab, pods);
        // A stack of the same backend.
        edge = new Stack("casd", central.stack.folder, lab.kubeconfig, `${name}-edge`);
        await edge.prepare();
        edge.set((config) => {
            delete config["siteregistry:harbor"];
            config["siteregistry:sites"] = [
                {
                    ...{ name: "central", stack: "organization/siteregistry/dev", trust: true },
                    // The name by which the pods of `NodePulls` ask for it.
                    pullSecret: { name: "login", user: "reader", namespaces: [pods] },
                },
            ];
            config["siteregistry:nodeTrust"] = {
                namespace: `${name}-trust`,
                hostsEntries: [{ host: access.host, address: lab.ingressAddress }],
            };
        });
    });

    after(async () => {
        await succeed("destroy", "--yes", "--skip-preview");
        // Without this, the engine would remove the committed stack file of that name.
        await succeed("stack", "rm", "--yes", "--preserve-config");
        await lab.kubectl(["delete", "namespace", pods, "--ignore-not-found", "--wait=false"]);
        await client.remove();
        await central.destroy();
    });

    it("pulls on every node, with the other site's login", async () => {
        for (const node of lab.nodes)
            assert.notEqual(await pulls.attempt(node, `${image}:for-${node}`, { login: false }), undefined);
        await succeed("up", "--yes", "--skip-preview");
        for (const node of lab.nodes) assert.equal(await pulls.attempt(node, `${image}:for-${node}`), undefined);
        await succeed("preview", "--expect-no-changes");
    });

    it("goes on with the other site's new root and login, by an up there and one here", async () => {
        central.change({
            certificate: { ca: { trusted: [1, 2], signing: 1 } },
            users: [{ name: "ci" }, { name: "reader", role: "pull", generations: [1, 2] }],
        });
        central.stack.set((config) => {
            delete config["siteregistry:nodeTrust"];
        });
        await central.up();
        await succeed("up", "--yes", "--skip-preview");
        const { stdout } = await lab.kubectl(["get", "configmaps", "--namespace", `${name}-trust`, "-o", "json"]);
        const roots = (await central.stack.facts()).caBundle.match(/BEGIN CERTIFICATE/g)?.length ?? 0;
        assert.equal(roots, 2);
        assert.ok((stdout.match(/BEGIN CERTIFICATE/g)?.length ?? 0) >= roots);
        for (const node of lab.nodes) assert.equal(await pulls.attempt(node, `${image}:for-${node}`), undefined);
    });
});
