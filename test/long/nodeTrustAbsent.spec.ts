import assert from "node:assert/strict";

import { mustKubectl } from "../../lab/addons/kubectl.ts";
import type { Lab } from "../../lab/lab.ts";
import { eventually } from "../../lab/machines/command.ts";
import { runningLab } from "../support/runningLab.ts";
import { ScratchSite } from "../support/scratchSite.ts";
import { timed, TrustedNodes } from "../support/trustedNodes.ts";

const name = "absent";
const certs = "/etc/containerd/certs.d";
const host = `${name}.site.test`;

describe("a node that is not there", () => {
    let lab: Lab;
    let site: ScratchSite;
    let nodes: TrustedNodes;
    let untouched: string[];
    let runtimes: string[];
    let node: string;

    async function leaves(): Promise<void> {
        await nodes.kubelet(node, "stop");
        const [, seconds] = await timed(eventually(`${node} NotReady`, 120, async () => !(await nodes.isReady(node))));
        console.log(`        NotReady after ${seconds.toFixed(0)} s`);
    }
    /** Its kubelet starts, and the node does what it missed, of which nobody reminds it. */
    async function returns(file: string): Promise<void> {
        await nodes.kubelet(node, "start");
        const [, seconds] = await timed(
            eventually("trust on the node that is back", 150, async () => {
                const found = await lab.exec(node, ["test", "-s", `${certs}/${file}/hosts.toml`]);
                return found.code === 0 && (await ready("trust")) && (await ready("proof"));
            }),
        );
        console.log(`        back: trusted and proven after ${seconds.toFixed(0)} s`);
    }
    /** Whether every node has a ready pod of the present template. */
    async function ready(part: "trust" | "proof"): Promise<boolean> {
        const text = await mustKubectl(lab, ["-n", `${name}-${part}`, "get", "daemonsets", "-o", "json"]);
        const { items } = JSON.parse(text) as { items: { status: Record<string, number> }[] };
        return items.every(
            ({ status }) =>
                status.numberReady === lab.nodes.length && status.updatedNumberScheduled === lab.nodes.length,
        );
    }
    /** Updates, and expects the absent node to be named. */
    async function upWithout(): Promise<number> {
        const [said, seconds] = await timed(site.pulumi("up", "--yes", "--skip-preview"));
        assert.match(
            said,
            new RegExp(`not waited for, since they are not Ready: ${node}; whether they have the bundle`),
        );
        const told = await nodes.told(site);
        assert.deepEqual(
            told.map((one) => [one.node, one.status]),
            lab.nodes.map((one) => [one, one === node ? "notReady" : "applied"]),
        );
        return seconds;
    }

    before(async () => {
        lab = await runningLab();
        nodes = new TrustedNodes(lab);
        node = lab.nodes.at(-1) ?? "";
        [untouched, runtimes] = [await nodes.snapshot(), await nodes.runtimes()];
        site = new ScratchSite(lab, name, { storage: { size: "1Gi", keepOnDestroy: false } });
        await site.prepare();
    });
    after(async () => {
        await nodes.kubelet(node, "start");
        await eventually(`${node} Ready`, 120, () => nodes.isReady(node));
        await site.destroy();
    });

    it("before the first update is named and not waited for, and gets its trust when it comes", async () => {
        await leaves();
        console.log(`        up without it: ${(await upWithout()).toFixed(0)} s`);
        await returns(host);
        await site.pulumi("preview", "--expect-no-changes");
    });

    it("that goes during an update is waited for until the cluster knows, and named", async () => {
        site.changeTrust({ insecureRegistries: ["first.site.test:5000"] });
        const updating = upWithout();
        await nodes.kubelet(node, "stop");
        console.log(`        up that lost it: ${(await updating).toFixed(0)} s`);
    });

    it("does not keep a later update from the others, and has it when it comes", async () => {
        site.changeTrust({ insecureRegistries: ["second.site.test:5000"] });
        console.log(`        up without it: ${(await upWithout()).toFixed(0)} s`);
        const others = lab.nodes.filter((one) => one !== node);
        for (const other of others) await nodes.on(other, `test -e ${certs}/second.site.test:5000/hosts.toml`);
        await returns("second.site.test:5000");
        await nodes.on(node, `test ! -e ${certs}/first.site.test:5000`);
        await site.pulumi("preview", "--expect-no-changes");
    });

    it("is named by destroy, and forgets when it is back", async () => {
        await leaves();
        const [said, seconds] = await timed(site.pulumi("destroy", "--yes", "--skip-preview"));
        console.log(`        destroy without it: ${seconds.toFixed(0)} s`);
        assert.match(said, new RegExp(`not waited for, since they are not Ready: ${node}; whether they have taken`));
        await nodes.on(node, `test -e ${certs}/${host}/hosts.toml`);
        await nodes.kubelet(node, "start");
        const [, back] = await timed(
            eventually("the node to forget", 120, async () => {
                return JSON.stringify(await nodes.snapshot()) === JSON.stringify(untouched);
            }),
        );
        console.log(`        back: forgotten after ${back.toFixed(0)} s`);
        assert.deepEqual(await nodes.runtimes(), runtimes);
    });
});
