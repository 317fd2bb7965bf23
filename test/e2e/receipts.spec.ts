import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import type { Lab } from "../../lab/lab.ts";
import { openCluster } from "../../plugin/cluster.ts";
import type { ApiServer } from "../../plugin/copier/apiServer.ts";
import type { Properties } from "../../plugin/properties.ts";
import { daemonSetPath, type DaemonSetObject } from "../../plugin/receipts/daemonSets.ts";
import { PluginClient } from "../support/pluginClient.ts";
import { ReceiptSite } from "../support/receiptSite.ts";
import { runningLab } from "../support/runningLab.ts";

type Node = Record<"node" | "runtime" | "status" | "bundle" | "cause", string>;
const nodesOf = (state: Properties): Node[] => state.nodes as Node[];

/** What a create, update or delete fails with. */
async function failure(work: Promise<unknown>): Promise<Error> {
    return work.then(
        () => assert.fail("it shall fail"),
        (error: unknown) => error as Error,
    );
}

describe("receipts of real nodes", () => {
    let lab: Lab;
    let api: ApiServer;
    let kubeconfig: string;
    before(async () => {
        lab = await runningLab();
        kubeconfig = readFileSync(lab.kubeconfig, "utf8");
        api = await openCluster(kubeconfig, new AbortController().signal);
    });

    const agentOf = async (site: ReceiptSite): Promise<DaemonSetObject> =>
        (await api.get(daemonSetPath(site.namespace, "agent"))) as DaemonSetObject;
    const verbs = ({ spec }: DaemonSetObject): unknown[] =>
        [...(spec.template.spec.initContainers ?? []), ...spec.template.spec.containers].map(({ command }) =>
            command?.at(-1),
        );

    it("are waited for, follow a new bundle, and are taken back from every node before the agents go", async () => {
        const site = new ReceiptSite(api, "receipts-whole");
        const plugin = await PluginClient.start("NodeTrustReceipts", kubeconfig);
        try {
            await site.create();
            await site.putAgent("first");
            const inputs = (await plugin.check(site.inputs("first"))).values;
            const { id, state } = await plugin.create(inputs);
            assert.equal(id, "receipts-whole/receipts-whole");
            assert.deepEqual(
                nodesOf(state.values).map(({ node, status, bundle }) => [node, status, bundle]),
                lab.nodes.map((node) => [node, "applied", "first"]),
            );
            for (const { runtime } of nodesOf(state.values)) assert.match(runtime, /^containerd:\/\/\d/);
            await site.putAgent("second");
            const changed = await plugin.update(state.values, { ...inputs, bundles: { agent: "second" } });
            assert.deepEqual(
                nodesOf(changed.values).map(({ bundle }) => bundle),
                lab.nodes.map(() => "second"),
            );
            await plugin.delete(changed.values);
            assert.deepEqual(verbs(await agentOf(site)), ["remove", "rest"]);
        } finally {
            plugin.stop();
            await site.remove();
        }
    });

    it("name the node that cannot, and a removal that was broken off is undone", async () => {
        const site = new ReceiptSite(api, "receipts-broken");
        const plugin = await PluginClient.start("NodeTrustReceipts", kubeconfig);
        try {
            await site.create();
            await site.putAgent("only", ["apply:node2"]);
            const inputs = (await plugin.check(site.inputs("only", 20))).values;
            const error = await failure(plugin.create(inputs));
            assert.match(
                error.message,
                /after 20 s 1 of 2 nodes do not have the bundle:\n {2}node2: no room on the disk/,
            );
            const left = PluginClient.partial(error);
            assert.deepEqual(
                nodesOf(left.state.values).map(({ node, status }) => [node, status]),
                [
                    ["node1", "applied"],
                    ["node2", "failed"],
                ],
            );

            await site.putAgent("only", ["remove:node2"]);
            const { values } = await plugin.update(left.state.values, { ...inputs, timeoutSeconds: 60 });
            const whole = await agentOf(site);
            const stuck = await failure(plugin.delete({ ...values, timeoutSeconds: 20 }));
            assert.match(
                stuck.message,
                /1 of 2 nodes have not taken their trust back:\n {2}node2: no room on the disk/,
            );
            assert.deepEqual(verbs(await agentOf(site)), ["remove", "rest"]);

            const known = { ...inputs, timeoutSeconds: 60 };
            const again = (await plugin.check(known, known)).values;
            assert.deepEqual((await plugin.diff(values, again)).changes, ["undone"]);
            const back = await plugin.update(values, again);
            assert.ok(nodesOf(back.values).every(({ status }) => status === "applied"));
            const restored = await agentOf(site);
            assert.deepEqual(restored.spec, whole.spec);
            // Nobody but the engine and the controllers owns a field: its next apply is no conflict.
            await site.putAgent("only");
            const quiet = (await plugin.check(known, again)).values;
            assert.deepEqual((await plugin.diff(back.values, quiet)).changes, []);
        } finally {
            plugin.stop();
            await site.remove();
        }
    });

    it("go round one by one past a node that is not Ready, and leave one that cannot forget where that is said", async () => {
        const label = { "receipts-round": "yes" };
        const ghost = "receipts-ghost";
        const site = new ReceiptSite(api, "receipts-round", label);
        const plugin = await PluginClient.start("NodeTrustReceipts", kubeconfig);
        const mark = (node: string, value: string | null): Promise<unknown> =>
            api.send(
                "PATCH",
                `/api/v1/nodes/${node}`,
                { metadata: { labels: { "receipts-round": value } } },
                { "content-type": "application/merge-patch+json" },
            );
        try {
            // No kubelet speaks for it, so it never is Ready. Nothing else of the cluster wants it.
            await api.send("POST", "/api/v1/nodes", {
                metadata: { name: ghost, labels: label },
                spec: { taints: [{ key: "receipts-round", effect: "NoSchedule" }] },
            });
            for (const node of lab.nodes) await mark(node, "yes");
            await site.create();
            await site.putAgent("first", [], true);
            const more = { removeOneByOne: true, turnAnnotation: "turn", onRemovalFailure: "leave" };
            const inputs = (await plugin.check({ ...site.inputs("first", 90), ...more })).values;
            const { state } = await plugin.create(inputs);
            const found = (values: Properties): string[] =>
                nodesOf(values).map(({ node, status, bundle }) => `${node} ${status} ${bundle}`);
            const all = (bundle: string): string[] => [
                ...lab.nodes.map((node) => `${node} applied ${bundle}`),
                `${ghost} notReady `,
            ];
            assert.deepEqual(found(state.values), all("first"));
            await site.putAgent("second", [`remove:${lab.nodes[0] ?? ""}`], true);
            const changed = await plugin.update(state.values, { ...inputs, bundles: { agent: "second" } });
            assert.deepEqual(found(changed.values), all("second"));
            const { updateStrategy } = (await agentOf(site)).spec;
            assert.deepEqual(updateStrategy, {
                type: "RollingUpdate",
                rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
            });
            // The first node cannot forget: the second is not kept from it.
            await plugin.delete({ ...changed.values, timeoutSeconds: 30 });
            const { items } = await api.list(`/api/v1/namespaces/${site.namespace}/pods`);
            const ended = JSON.stringify(items.map(({ status }) => status));
            assert.match(ended, /no room on the disk/);
            assert.match(ended, /\{\\"status\\":\\"removed\\"\}/);
        } finally {
            plugin.stop();
            for (const node of lab.nodes) await mark(node, null);
            await api.send("DELETE", `/api/v1/nodes/${ghost}`);
            await site.remove();
        }
    });

    it("of a pull carry the runtime's own words and what they mean", async () => {
        const site = new ReceiptSite(api, "receipts-pull");
        const plugin = await PluginClient.start("PullReceipts", kubeconfig);
        try {
            await site.create();
            const inputs = (image: string, timeoutSeconds: number): Properties => ({
                namespace: site.namespace,
                daemonSet: "puller",
                images: [image],
                timeoutSeconds,
            });
            await site.putPuller("nowhere.invalid/proof:1");
            const error = await failure(plugin.create(inputs("nowhere.invalid/proof:1", 25)));
            assert.match(error.message, /2 of 2 nodes have not pulled and started the image:/);
            assert.match(error.message, /node1: .*lookup nowhere\.invalid.*cannot resolve the registry's name/);
            const left = PluginClient.partial(error);
            await site.putPuller("127.0.0.1:1/proof:1");
            const refused = await failure(plugin.update(left.state.values, inputs("127.0.0.1:1/proof:1", 25)));
            assert.match(refused.message, /node2: .*connection refused.*gets no connection to the registry/);
        } finally {
            plugin.stop();
            await site.remove();
        }
    });
});
