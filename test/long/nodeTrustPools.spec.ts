import assert from "node:assert/strict";

import { mustKubectl } from "../../lab/addons/kubectl.ts";
import type { Lab } from "../../lab/lab.ts";
import { eventually } from "../../lab/machines/command.ts";
import { runningLab } from "../support/runningLab.ts";
import { ScratchSite } from "../support/scratchSite.ts";
import { refusal, timed, TrustedNodes } from "../support/trustedNodes.ts";

const name = "pools";
const host = `${name}.site.test`;
const label = `${name}.test/kind`;
const file = `/etc/containerd/certs.d/${host}/hosts.toml`;
const pool = (kind: string, more: object = {}): object => ({ name: kind, selector: { [label]: kind }, ...more });

interface PodList {
    items: {
        metadata: { labels: Record<string, string> };
        spec: { nodeName: string };
        status: { conditions?: { type: string; status: string }[] };
    }[];
}

describe("nodes of several pools", () => {
    let lab: Lab;
    let site: ScratchSite;
    let nodes: TrustedNodes;
    let untouched: string[];
    let runtimes: string[];
    let first: string;
    let last: string;

    const placed = async (): Promise<[string, string][]> =>
        (await nodes.told(site)).map(({ node, pool: of }): [string, string] => [node, of]).sort();
    /** The nodes with a ready agent of the pool. */
    async function served(kind: string): Promise<string[]> {
        const text = await mustKubectl(lab, ["-n", `${name}-trust`, "get", "pods", "-o", "json"]);
        return (JSON.parse(text) as PodList).items
            .filter(({ metadata }) => metadata.labels["app.kubernetes.io/instance"] === `${name}-trust-${kind}`)
            .filter(({ status }) => status.conditions?.some((one) => one.type === "Ready" && one.status === "True"))
            .map(({ spec }) => spec.nodeName)
            .sort();
    }

    before(async () => {
        lab = await runningLab();
        nodes = new TrustedNodes(lab);
        [first = "", last = ""] = lab.nodes;
        [untouched, runtimes] = [await nodes.snapshot(), await nodes.runtimes()];
        site = new ScratchSite(lab, name, { storage: { size: "1Gi", keepOnDestroy: false } });
        await site.prepare();
        await nodes.label(first, `${label}=core`);
        await nodes.label(last, `${label}=edge`);
    });
    after(async () => {
        await site.destroy();
        for (const node of lab.nodes) await nodes.label(node, `${label}-`);
    });

    it("with auto, stops preview and update with the pools to write, and makes nothing", async () => {
        site.changeTrust({ pools: [pool("core"), pool("edge", { runtime: "auto" })] });
        for (const args of [["preview"], ["up", "--yes", "--skip-preview"]]) {
            const said = await refusal(site, ...args);
            assert.match(said, /nodeTrust\.pools: has runtime auto, which only looks\. Nothing was made\./);
            const written = `- name: edge\n    selector: { "${label}": "edge" }\n    runtime: containerd\n    # ${last}`;
            assert.ok(said.replaceAll(/\n +/g, "\n").includes(written.replaceAll(/\n +/g, "\n")), said);
        }
        const { stdout } = await lab.kubectl(["get", "namespaces", "-o", "name"]);
        assert.doesNotMatch(stdout, new RegExp(`/${name}-`));
    });

    it("refuses a pool of no node, a node of two and a runtime that is another, all at once and before anything is made", async () => {
        site.changeTrust({ pools: [pool("core", { runtime: "crio" }), pool("none"), { name: "all" }] });
        const said = await refusal(site, "up", "--yes", "--skip-preview");
        assert.match(said, new RegExp(`pools\\.0\\.runtime: is "crio"; ${first} has containerd://`));
        assert.match(said, /pools\.1\.selector: is .*; no node carries/);
        assert.match(said, new RegExp(`pools\\.2\\.selector: is \\{\\}; ${first} belongs to the pools core and all`));
        const { stdout } = await lab.kubectl(["get", "namespaces", "-o", "name"]);
        assert.doesNotMatch(stdout, new RegExp(`/${name}-`));
    });

    it("each have an agent of their own, and every node pulls", async () => {
        site.changeTrust({ pools: [pool("core"), pool("edge")] });
        const [, seconds] = await timed(site.up());
        console.log(`        up with proof, two pools: ${seconds.toFixed(1)} s`);
        assert.deepEqual(await placed(), [
            [first, "core"],
            [last, "edge"],
        ]);
        assert.deepEqual([await served("core"), await served("edge")], [[first], [last]]);
        await site.pulumi("preview", "--expect-no-changes");
    });

    it("get another agent by another label, with no update and no change to show", async () => {
        await nodes.label(last, `${label}=core`);
        let absent = 0;
        const [, seconds] = await timed(
            eventually("the other pool's agent", 60, async () => {
                const there = await nodes.on(last, `if [ -e ${file} ]; then echo yes; fi`);
                if (there === "") absent += 1;
                return there !== "" && (await served("edge")).length === 0 && (await served("core")).includes(last);
            }),
        );
        console.log(`        moved by label in ${seconds.toFixed(1)} s; ${absent.toString()} looks found no file`);
        await site.pulumi("preview", "--expect-no-changes");
        await nodes.on(last, `test -s ${file}`);
    });

    it("are told to belong elsewhere by an update, which waits until they do", async () => {
        // Without the pool that nobody belongs to any more.
        site.changeTrust({ pools: [pool("core")] });
        await site.up();
        assert.deepEqual(await placed(), [
            [first, "core"],
            [last, "core"],
        ]);
        // And all of them into pools of other names, one the other's way round.
        await nodes.label(last, `${label}=edge`);
        site.changeTrust({ pools: [pool("edge"), pool("core")] });
        await site.up();
        assert.deepEqual(await placed(), [
            [first, "core"],
            [last, "edge"],
        ]);
        site.changeTrust({
            pools: [
                { name: "core", selector: { [label]: "edge" } },
                { name: "edge", selector: { [label]: "core" } },
            ],
        });
        await site.up();
        assert.deepEqual(await placed(), [
            [first, "edge"],
            [last, "core"],
        ]);
        await nodes.onAll(`test -s ${file}`);
        await site.pulumi("preview", "--expect-no-changes");
    });

    it("forget, to the byte, and no runtime was restarted", async () => {
        await site.pulumi("destroy", "--yes", "--skip-preview");
        assert.deepEqual(await nodes.snapshot(), untouched);
        assert.deepEqual(await nodes.runtimes(), runtimes);
    });
});
