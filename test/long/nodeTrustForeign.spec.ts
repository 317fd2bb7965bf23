import assert from "node:assert/strict";

import type { Lab } from "../../lab/lab.ts";
import { NodePulls } from "../support/nodePulls.ts";
import { runningLab } from "../support/runningLab.ts";
import { ScratchSite } from "../support/scratchSite.ts";
import { SideRegistries } from "../support/sideRegistries.ts";
import { refusal, timed, TrustedNodes } from "../support/trustedNodes.ts";

const name = "foreign";
const folder = `/etc/containerd/certs.d/${name}.site.test`;
/** Somebody else's, of the two forms that containerd reads: only the first can be added to. */
const tables = '[host."https://cache.site.test"]\n  capabilities = ["pull"]\n# no end of line';
const inline = 'host = { "https://cache.site.test" = { capabilities = ["pull"] } }\n';
const insecure = "old.site.test:5000";

describe("nodes where somebody else has files too", () => {
    let lab: Lab;
    let site: ScratchSite;
    let neighbour: ScratchSite;
    let nodes: TrustedNodes;
    let sides: SideRegistries;
    let pulls: NodePulls;
    let untouched: string[];
    let runtimes: string[];
    let first: string;
    let last: string;

    /** Puts what somebody else has for the host, with modes that nothing else would give it. */
    const put = (node: string, text: string): Promise<string> =>
        nodes.on(
            node,
            `mkdir -p ${folder}; cat >${folder}/hosts.toml; echo notes >${folder}/notes; chmod 0711 ${folder}; chmod 0640 ${folder}/hosts.toml; chmod 0600 ${folder}/notes`,
            text,
        );
    const read = (node: string): Promise<string> => nodes.on(node, `cat ${folder}/hosts.toml`);

    before(async () => {
        lab = await runningLab();
        nodes = new TrustedNodes(lab);
        [first = "", last = ""] = lab.nodes;
        site = new ScratchSite(lab, name, { storage: { size: "1Gi", keepOnDestroy: false } });
        neighbour = new ScratchSite(lab, `${name}-neighbour`, {
            storage: { size: "1Gi", keepOnDestroy: false },
            proof: { enabled: false, namespace: `${name}-neighbour-proof` },
        });
        await Promise.all([site.prepare(), neighbour.prepare()]);
        sides = new SideRegistries(lab, `${name}-sides`);
        pulls = new NodePulls(lab, `${name}-pulls`);
        await sides.remove();
        await sides.prepare(["old"]);
        const address = await sides.start("old");
        await sides.push("old", `${address}:5000/team/old:1`);
        await pulls.prepare();
        await nodes.onAll(
            `cp -p /etc/hosts /root/${name}-hosts; echo ${address} ${insecure.replace(":5000", "")} >>/etc/hosts`,
        );
        await put(first, tables);
        await put(last, inline);
        [untouched, runtimes] = [await nodes.snapshot(), await nodes.runtimes()];
    });
    after(async () => {
        await Promise.all([site.destroy(), neighbour.destroy()]);
        await pulls.remove();
        await sides.remove();
        await nodes.onAll(`cat /root/${name}-hosts >/etc/hosts; rm -rf /root/${name}-hosts ${folder}`);
    });

    it("the node whose file cannot be added to is named and keeps it; the other has both", async () => {
        site.changeTrust({ timeoutSeconds: 30 });
        const said = await refusal(site, "up", "--yes", "--skip-preview");
        assert.match(said, /1 of 2 nodes do not have the bundle:/);
        assert.match(said, new RegExp(`${last}: ${folder}/hosts\\.toml on the node .*set foreign to replace`));
        assert.equal(await read(last), inline);
        const text = await read(first);
        assert.ok(text.startsWith(tables), text);
        assert.match(text, /begin siteregistry/);
        assert.match(await nodes.on(first, `stat -c %a ${folder}/hosts.toml`), /^640$/m);
    });

    it("with replace, ours takes the place of both, and every node pulls", async () => {
        site.changeTrust({ foreign: "replace" });
        const [, seconds] = await timed(site.up());
        console.log(`        up with proof after the failed one: ${seconds.toFixed(1)} s`);
        for (const node of lab.nodes) assert.doesNotMatch(await read(node), /cache\.site\.test/);
        await site.pulumi("preview", "--expect-no-changes");
    });

    it("are given back to the byte, with modes and directories", async () => {
        await site.pulumi("destroy", "--yes", "--skip-preview");
        assert.deepEqual(await nodes.snapshot(), untouched);
    });

    it("with merge, what others change in their part meanwhile is theirs, and stays", async () => {
        await put(last, tables);
        untouched = await nodes.snapshot();
        site.changeTrust({ insecureRegistries: [insecure] });
        // With the proof: both nodes have pulled, past a cache that is not there.
        await site.up();
        for (const node of lab.nodes) assert.ok((await read(node)).startsWith(tables));
        await site.pulumi("preview", "--expect-no-changes");
    });

    it("two stacks on one node say the same of a third registry; the one that goes takes nothing from the other", async () => {
        neighbour.changeTrust({ insecureRegistries: [insecure] });
        await neighbour.up();
        const image = `${insecure}/team/old:1`;
        for (const node of lab.nodes) assert.equal(await pulls.attempt(node, image), undefined, node);
        // The one that came first goes first.
        await site.pulumi("destroy", "--yes", "--skip-preview");
        for (const node of lab.nodes) {
            assert.equal(await pulls.attempt(node, image), undefined, node);
            assert.equal(await read(node), tables);
        }
        await neighbour.pulumi("preview", "--expect-no-changes");
        await neighbour.pulumi("destroy", "--yes", "--skip-preview");
        assert.deepEqual(await nodes.snapshot(), untouched);
        for (const node of lab.nodes) assert.match((await pulls.attempt(node, image)) ?? "", /HTTP response to HTTPS/);
        assert.deepEqual(await nodes.runtimes(), runtimes);
    });
});
