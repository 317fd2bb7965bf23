import assert from "node:assert/strict";

import { unknown, type Properties } from "../../plugin/properties.ts";
import { FakeApiServer } from "../support/fakeApiServer.ts";
import { PluginClient } from "../support/pluginClient.ts";
import { daemonSetsPath, ReceiptNodes } from "../support/receiptNodes.ts";

const given = {
    namespace: "trust",
    owner: "site",
    daemonSets: ["agent"],
    bundles: { agent: "b1" },
    timeoutSeconds: 1.5,
};
const applied = { status: "applied", bundle: "b1", paths: ["/etc/x"], warnings: [] };

describe("receipts of the nodes' trust", () => {
    let fake: FakeApiServer;
    let nodes: ReceiptNodes;
    let plugin: PluginClient;

    beforeEach(async () => {
        fake = await FakeApiServer.start();
        nodes = new ReceiptNodes(fake);
        plugin = await PluginClient.start("NodeTrustReceipts", fake.kubeconfig);
        nodes.daemonSet("agent", { nodeSelector: { "kubernetes.io/os": "linux" } });
    });
    afterEach(async () => {
        plugin.stop();
        await fake.stop();
    });

    const checked = async (change: Properties = {}, before?: Properties): Promise<Properties> => {
        const { values, failures } = await plugin.check({ ...given, ...change }, before);
        assert.deepEqual(failures, []);
        return values;
    };
    const created = async (change: Properties = {}): Promise<Properties> =>
        (await plugin.create(await checked(change))).state.values;
    const lag = async (): Promise<string> => {
        const error = await created().then(
            () => assert.fail("a node lags"),
            (reason: unknown) => reason,
        );
        return PluginClient.partial(error).message;
    };

    it("are there once every Ready node has the bundle, and cost five requests", async () => {
        nodes.node("a");
        nodes.node("b");
        nodes.node("windows", true, { "kubernetes.io/os": "windows" });
        nodes.node("tainted", true, {}, [{ key: "dedicated", effect: "NoSchedule" }]);
        nodes.node("pressed", true, {}, [{ key: "node.kubernetes.io/disk-pressure", effect: "NoSchedule" }]);
        for (const node of ["a", "b", "pressed"]) nodes.pod("agent", node, { report: applied });
        const inputs = await checked();
        fake.asked.splice(0);
        const { id, state } = await plugin.create(inputs);
        assert.equal(id, "trust/site");
        // Before it waits it looks for a removal that was broken off; then DaemonSet, templates, nodes, pods.
        assert.deepEqual(
            fake.asked.map(({ method, url }) => `${method} ${url.split("/").at(-1)?.split("?")[0] ?? ""}`).sort(),
            ["GET agent", "GET agent", "GET controllerrevisions", "GET nodes", "GET pods"],
        );
        assert.deepEqual(state.values.nodes, [
            ...["a", "b", "pressed"].map((node) => ({
                node,
                pool: "agent",
                runtime: "containerd://1.7.24",
                status: "applied",
                bundle: "b1",
                paths: ["/etc/x"],
                warnings: [],
                cause: "",
            })),
        ]);
        nodes.node("late");
        assert.deepEqual((await plugin.diff(state.values, await checked({}, inputs))).changes, []);
        const read = await plugin.read(id, state.values);
        assert.deepEqual(read?.values, state.values);
    });

    it("do not wait for a node that is not Ready, and take what it said before", async () => {
        nodes.node("a");
        nodes.node("gone", false);
        nodes.node("was", false);
        nodes.pod("agent", "a", { report: applied });
        nodes.pod("agent", "was", { report: applied });
        const state = await created();
        assert.deepEqual(
            (state.nodes as Properties[]).map(({ node, status }) => [node, status]),
            [
                ["a", "applied"],
                ["gone", "notReady"],
                ["was", "applied"],
            ],
        );
    });

    it("name every node that lags with its cause", async () => {
        for (const node of ["absent", "broken", "mute", "old", "other", "pulling", "slow"]) nodes.node(node);
        nodes.pod("agent", "broken", { report: { status: "failed", cause: "the disk is full" }, exitCode: 1 });
        nodes.pod("agent", "mute", { report: "Segmentation fault", exitCode: 139 });
        nodes.pod("agent", "old", { report: applied, revision: "agent-1" });
        nodes.pod("agent", "other", { report: { ...applied, bundle: "b0" } });
        nodes.pod("agent", "pulling", { ready: false, waiting: { reason: "ErrImagePull", message: "no such host" } });
        nodes.pod("agent", "slow", { report: applied, ready: false });
        assert.deepEqual((await lag()).split("\n  "), [
            "after 1.5 s 7 of 7 nodes do not have the bundle:",
            "absent: it has no pod of the DaemonSet agent yet",
            "broken: the disk is full",
            "mute: its container apply ended with 139: Segmentation fault",
            "old: it still has the pod agent-old-agent-1 of an earlier template, and its turn has not come",
            "other: it has the bundle b0, and shall have b1",
            "pulling: ErrImagePull: no such host",
            "slow: the agent has written everything, and is not up yet",
        ]);
    });

    it("name ten nodes at most", async () => {
        for (let index = 10; index < 35; index += 1) nodes.node(`node${index.toString()}`);
        const lines = (await lag()).split("\n  ");
        assert.equal(lines.length, 12);
        assert.equal(lines.at(-1), "and 15 more");
    });

    it("believe a pod of either template while the agents are changed, once the new one has reported", async () => {
        nodes.node("a");
        nodes.pod("agent", "a", { report: { ...applied, bundle: "b0" }, revision: "agent-1" });
        nodes.pod("agent", "a", { report: applied });
        assert.equal(((await created()).nodes as Properties[])[0]?.bundle, "b1");
        // A rollback makes an old template the present one again.
        nodes.revision("agent", 3);
        nodes.pod("agent", "a", { report: applied, revision: "agent-3", ready: false });
        assert.match(await lag(), /a: the agent has written everything/);
    });

    it("wait for a controller that has not seen the template", async () => {
        nodes.node("a");
        nodes.pod("agent", "a", { report: applied });
        nodes.daemonSet("agent", { observed: false });
        setTimeout(() => {
            nodes.daemonSet("agent");
        }, 300);
        await created();
    });

    it("survive an API server that is away for a moment, and no refusal", async () => {
        nodes.node("a");
        nodes.pod("agent", "a", { report: applied });
        const inputs = await checked({ timeoutSeconds: 30 });
        let calls = 0;
        fake.refuse = ({ url }) =>
            url.includes("/nodes") && ++calls < 6 ? { status: 503, message: "starting" } : undefined;
        await plugin.create(inputs);
        fake.refuse = ({ url }) =>
            url.includes("/nodes") ? { status: 403, message: "nodes is forbidden" } : undefined;
        await assert.rejects(plugin.create(inputs), /403: nodes is forbidden/);
    });

    it("end their wait when the run is cancelled", async () => {
        nodes.node("a");
        const waiting = created({ timeoutSeconds: 60 });
        setTimeout(() => void plugin.cancel(), 300);
        await assert.rejects(waiting, /abort/i);
    });

    it("are gone when an agent's DaemonSet is, so that `up` waits again", async () => {
        nodes.node("a");
        nodes.pod("agent", "a", { report: applied });
        const state = await created();
        fake.remove(`${daemonSetsPath}/agent`);
        assert.equal(await plugin.read("trust/site", state), undefined);
        await plugin.delete(state); // there is nobody to ask
    });

    it("are taken back by a template that removes, and written again where that was broken off", async () => {
        nodes.node("a");
        nodes.node("gone", false);
        nodes.pod("agent", "a", { report: applied });
        const state = await created();
        await assert.rejects(
            plugin.delete(state),
            /1 of 2 nodes have not taken their trust back:\n {2}a: it says "applied"/,
        );
        const removing = fake.get(`${daemonSetsPath}/agent`);
        assert.match(JSON.stringify(removing?.spec), /"agent.sh","remove".*"agent.sh","rest"/);
        assert.doesNotMatch(JSON.stringify(removing?.spec), /lifecycle/);
        nodes.pod("agent", "a", { report: { status: "removed" }, ready: false });
        await plugin.delete(state);

        nodes.pod("agent", "a", { report: applied });
        const again = await checked({}, given);
        assert.deepEqual((await plugin.diff(state, again)).changes, ["undone"]);
        await plugin.update(state, again);
        const restored = JSON.stringify(fake.get(`${daemonSetsPath}/agent`));
        assert.match(restored, /"agent.sh","apply".*"agent.sh","watch".*lifecycle/);
        assert.doesNotMatch(restored, /removal/);
        assert.deepEqual(await checked({}, again), again);
    });

    it("are taken back one node after the other where it is said, by the containers that have a verb", async () => {
        nodes.node("a");
        nodes.pod("agent", "a", { report: applied });
        const path = `${daemonSetsPath}/agent`;
        const set = structuredClone(fake.get(path)) as unknown as {
            spec: { template: { spec: { containers: { command?: string[] }[] } } };
        };
        for (const container of set.spec.template.spec.containers) delete container.command;
        fake.put(daemonSetsPath, set as never);
        const state = await created({ removeOneByOne: true });
        await assert.rejects(plugin.delete(state));
        const { updateStrategy, template } = fake.get(path)?.spec as {
            updateStrategy: unknown;
            template: { spec: { containers: { command?: string[] }[] } };
        };
        assert.deepEqual(updateStrategy, { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } });
        assert.ok(template.spec.containers.every(({ command }) => command === undefined));
    });

    const strategy = (): unknown =>
        (fake.get(`${daemonSetsPath}/agent`)?.spec as { updateStrategy: { rollingUpdate?: object } }).updateStrategy
            .rollingUpdate;

    it("name the way out where a node cannot take its trust back, and leave it where that is said", async () => {
        nodes.node("a");
        nodes.node("stuck");
        nodes.pod("agent", "a", { report: applied });
        nodes.pod("agent", "stuck", { report: applied });
        const state = await created();
        nodes.pod("agent", "a", { report: { status: "removed" } });
        nodes.pod("agent", "stuck", { report: { status: "failed", cause: "the disk is full" }, exitCode: 1 });
        await assert.rejects(
            plugin.delete(state),
            /stuck: the disk is full\n {2}Nothing else was removed\. .*set nodeTrust\.onRemovalFailure to leave, run `npx pulumi up`/,
        );
        // What `up` then tries fails at that node, and takes note of it all the same.
        const partial = await plugin.update(state, await checked({ onRemovalFailure: "leave" }, given)).then(
            () => assert.fail("the node lags"),
            (error: unknown) => PluginClient.partial(error),
        );
        nodes.pod("agent", "a", { report: { status: "removed" } });
        await plugin.delete(partial.state.values);
    });

    it("wait for a pod on every Ready node before any has its turn", async () => {
        const one = { turnAnnotation: "turn", removeOneByOne: true };
        const turn = (): unknown =>
            (fake.get(`${daemonSetsPath}/agent`)?.spec as { template: { metadata?: { annotations?: object } } })
                .template.metadata?.annotations;
        nodes.node("a");
        nodes.node("gone", false);
        nodes.pod("agent", "a", { report: { status: "waiting" }, ready: false });
        const early = await plugin.create(await checked(one)).then(
            () => assert.fail("there is no pod that is well"),
            (error: unknown) => PluginClient.partial(error),
        );
        assert.match(early.message, /1 of 2 nodes have no pod that is well:\n {2}a: its pod is not up yet$/);
        assert.equal(turn(), undefined);
        nodes.pod("agent", "a", { report: applied });
        await plugin.update(early.state.values, await checked(one));
        assert.deepEqual(turn(), { turn: "given" });
    });

    it("go past nodes that are not Ready, one of the others at a time", async () => {
        nodes.node("a");
        for (const name of ["gone", "was"]) nodes.node(name, false);
        nodes.pod("agent", "a", { report: { ...applied, bundle: "b0" } });
        nodes.pod("agent", "was", { report: applied });
        const late = await plugin.create(await checked({ removeOneByOne: true })).then(
            () => assert.fail("a node lags"),
            (error: unknown) => PluginClient.partial(error),
        );
        assert.deepEqual(strategy(), { maxUnavailable: 2, maxSurge: 0 }, "one is gone, and one is well still");
        nodes.pod("agent", "a", { report: applied });
        const { values } = await plugin.update(late.state.values, await checked({ removeOneByOne: true }));
        assert.deepEqual(strategy(), { maxUnavailable: 1, maxSurge: 0 });
        nodes.pod("agent", "a", { report: { status: "failed", cause: "no room" }, exitCode: 1 });
        await plugin.delete({ ...values, onRemovalFailure: "leave" });
        assert.deepEqual(strategy(), { maxUnavailable: 3, maxSurge: 0 }, "one that fails is left as well");
    });

    it("are checked by key, and what is not known yet passes", async () => {
        await checked({ daemonSets: unknown, bundles: unknown });
        await checked({ bundles: { agent: unknown } });
        const { failures } = await plugin.check({
            ...given,
            ...{ owner: "", bundles: {}, timeoutSeconds: 0, onRemovalFailure: "go" },
        });
        assert.deepEqual(failures, [
            "owner: is missing; it must be a text",
            "bundles: lacks agent",
            "timeoutSeconds: must be a number of seconds above 0",
            "onRemovalFailure: must be wait or leave",
        ]);
    });
});
