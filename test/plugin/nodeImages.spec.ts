import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { BroughtImage } from "../../plugin/images/nodeImagesArgs.ts";
import type { Properties } from "../../plugin/properties.ts";
import { FakeApiServer } from "../support/fakeApiServer.ts";
import { ImportNodes } from "../support/importNodes.ts";
import { ownArchitecture, writeMultiLayout } from "../support/multiLayout.ts";
import { PluginClient } from "../support/pluginClient.ts";

const [one, two] = ["example.test/one:1", "example.test/team/two:2"];
const namespacePath = "/api/v1/namespaces/first";

describe("images for nodes", () => {
    let folder = "";
    let digests: Record<string, string> = {};
    let fake: FakeApiServer;
    let nodes: ImportNodes;
    let plugin: PluginClient;
    let given: Properties = {};

    before(async () => {
        folder = mkdtempSync(join(tmpdir(), "node-images-"));
        digests = await writeMultiLayout(folder, [{ name: one, layerBytes: 900_000 }, { name: two }]);
    });
    after(() => {
        rmSync(folder, { recursive: true, force: true });
    });
    beforeEach(async () => {
        fake = await FakeApiServer.start();
        nodes = new ImportNodes(fake);
        plugin = await PluginClient.start("NodeImages", fake.kubeconfig);
        given = {
            ...{ source: { kind: "directory" }, path: folder, images: [one, two], selector: {} },
            ...{ namespace: "first", owner: "site", timeoutSeconds: 5 },
        };
    });
    afterEach(async () => {
        plugin.stop();
        await fake.stop();
    });

    const architecture = ownArchitecture();
    const node = (name: string, facts: object = {}): void => {
        nodes.node(name, { architecture, ...facts });
    };
    const checked = async (change: Properties = {}, before?: Properties): Promise<Properties> => {
        const { values, failures } = await plugin.check({ ...given, ...change }, before);
        assert.deepEqual(failures, []);
        return values;
    };
    const created = async (change: Properties = {}): Promise<Properties> =>
        (await plugin.create(await checked(change))).state.values;
    const brought = (state: Properties): string[] =>
        (state.brought as BroughtImage[]).map((image) => `${image.node} ${image.image} ${image.how}`);
    const failing = async (change: Properties = {}) => {
        const error = await created(change).then(
            () => assert.fail("it shall fail"),
            (reason: unknown) => reason,
        );
        return PluginClient.partial(error);
    };
    const posted = (kind: string): string[] =>
        fake.asked.filter(({ method, url }) => method === "POST" && url.endsWith(`/${kind}`)).map(({ url }) => url);

    it("are sent once for all nodes, imported, pinned, and nothing else is left", async () => {
        node("a");
        node("b");
        const state = await created();
        assert.deepEqual(
            brought(state),
            ["a", "b"].flatMap((name) => [`${name} ${one} imported`, `${name} ${two} imported`]),
        );
        for (const name of ["a", "b"])
            assert.deepEqual([...nodes.of(nodes.pinned, name)], [digests[one], digests[two]]);
        const [first, second] = nodes.received;
        assert.ok(first !== undefined && second !== undefined && first.bytes.equals(second.bytes));
        assert.equal(posted("configmaps").length, Math.ceil(first.bytes.length / (768 << 10)));
        assert.equal(fake.get(namespacePath), undefined);
        assert.deepEqual((await plugin.diff(state, await checked({}, state))).changes, []);
    });

    it("are not sent where they are", async () => {
        node("a");
        nodes
            .of(nodes.held, "a")
            .add(digests[one] ?? "")
            .add(digests[two] ?? "");
        assert.deepEqual(brought(await created()), [`a ${one} present`, `a ${two} present`]);
        assert.deepEqual(posted("configmaps"), []);
        assert.equal(posted("pods").length, 1);
    });

    it("are sent alone where only one is missing", async () => {
        node("a");
        nodes.of(nodes.held, "a").add(digests[two] ?? "");
        await created();
        const text = nodes.received[0]?.bytes.toString("latin1") ?? "";
        assert.ok(text.includes(one) && !text.includes(two));
    });

    it("may be asked for by their digest", async () => {
        node("a");
        const [image] = (await created({ images: [`example.test/one@${digests[one] ?? ""}`] }))
            .brought as BroughtImage[];
        assert.deepEqual(image?.names, [`example.test/one@${digests[one] ?? ""}`]);
    });

    it("take pods that are as good as root only into a namespace of their own", async () => {
        node("a");
        fake.addNamespace("first");
        const { failures } = await plugin.check(given);
        assert.match(failures.join(), /^namespace: there is a namespace first already, and it is not this stack's/);
        fake.remove(namespacePath);
        const inputs = await checked();
        fake.addNamespace("first");
        await assert.rejects(plugin.create(inputs), /there is a namespace first already/);
        assert.deepEqual(posted("pods"), []);
    });

    it("go on with what a run that was broken off has sent", async () => {
        node("a");
        const inputs = await checked();
        let sent = 0;
        const kubelet = fake.refuse;
        fake.refuse = (asked) => {
            if (asked.method === "POST" && asked.url.endsWith("/configmaps") && (sent += 1) > 2) {
                return { status: 403, message: "no more of these" };
            }
            return kubelet(asked);
        };
        const error: unknown = await plugin.create(inputs).catch((reason: unknown) => reason);
        const { message, state } = PluginClient.partial(error);
        assert.match(message, /no more of these\n {2}What was sent stays in the namespace first/);
        assert.deepEqual(state.values.chosen, []);
        fake.refuse = kubelet;
        fake.asked.splice(0);
        await plugin.update(state.values, await checked({}, state.values));
        assert.equal(posted("configmaps").length, Math.ceil((nodes.received[0]?.bytes.length ?? 0) / (768 << 10)) - 2);
        assert.equal(fake.get(namespacePath), undefined);
    });

    it("start from another image where one cannot be started", async () => {
        node("a", { images: ["registry.k8s.io/pause:3.10", "example.test/large:1", "example.test/small@sha256:1"] });
        nodes.unstartable.add("registry.k8s.io/pause:3.10");
        await created();
        const images = fake.asked
            .filter(({ method, url }) => method === "POST" && url.endsWith("/pods"))
            .map(({ body }) => (body as { spec: { containers: { image: string }[] } }).spec.containers[0]?.image);
        assert.deepEqual(images.slice(0, 2), ["registry.k8s.io/pause:3.10", "example.test/large:1"]);
    });

    it("name every node that did not get them with its cause, and stay on the others", async () => {
        for (const name of ["full", "mute", "socket", "stuck", "well"]) node(name);
        nodes.says.set("full", "containerd 1.7.24\nfailed ctr images import: no space left on device");
        nodes.says.set("mute", "Segmentation fault");
        nodes.events.set(
            "socket",
            'MountVolume.SetUp failed for volume "socket" : hostPath type check failed: /run/containerd/containerd.sock is not a socket file',
        );
        nodes.unstartable.add("example.test/only:1");
        node("stuck", { images: ["example.test/only:1"] });
        const { message, state } = await failing();
        assert.deepEqual(message.split("\n  "), [
            "4 of 5 nodes did not get their images:",
            "full: ctr images import: no space left on device",
            "mute: the importer ended without a report: Completed: Segmentation fault",
            "socket: containerd's socket is not at /run/containerd/containerd.sock: say where it is (`socket`)",
            "stuck: no importer starts on it: example.test/only:1: ErrImageNeverPull: the pod lacks its credentials",
            "What was sent stays in the namespace first: the next `up` goes on with it, and `destroy` removes it.",
        ]);
        assert.deepEqual(state.values.chosen, ["well"]);
        assert.deepEqual(brought(state.values), [`well ${one} imported`, `well ${two} imported`]);
        await plugin.delete(state.values);
        assert.equal(fake.get(namespacePath), undefined);
        assert.deepEqual([...nodes.of(nodes.pinned, "well")], []);
    });

    it("end in time where an importer does not", async () => {
        node("a");
        nodes.events.set("a", "the volume is on its way");
        const { message } = await failing({ timeoutSeconds: 1 });
        assert.match(message, /a: it was not done in time \(no state: the volume is on its way\)/);
    });

    it("refuse nodes that can never have them, with the way that works there, before anything is made", async () => {
        node("bottle", { osImage: "Bottlerocket OS 1.26.1 (aws-k8s-1.31)" });
        node("crio", { runtime: "cri-o://1.31.0" });
        node("docker", { runtime: "docker://27.1.0" });
        node("talos", { osImage: "Talos (v1.9.1)" });
        node("windows", { os: "windows" });
        const names = ["absent", "bottle", "crio", "docker", "talos", "windows"];
        const { failures } = await plugin.check({ ...given, selector: undefined, nodes: names });
        const told = failures.map((failure) => failure.replace(/^nodes: /, ""));
        const expected = [
            /^absent: there is no such node/,
            /^bottle: .*snapshot of a data volume/,
            /^crio: .*skopeo copy oci-archive:/,
            /^docker: .*docker load/,
            /^talos: .*talosctl images/,
            /^windows: it runs windows/,
        ];
        expected.forEach((pattern, index) => {
            assert.match(told[index] ?? "", pattern);
        });
        assert.equal(told.length, expected.length);
    });

    it("do not go to a node that is not Ready, and to one that joined", async () => {
        node("a");
        node("away", { ready: false });
        const inputs = await checked();
        assert.deepEqual(inputs.chosen, ["a"]);
        const state = (await plugin.create(inputs)).state.values;
        node("a", { ready: false });
        assert.deepEqual((await plugin.diff(state, await checked({}, inputs))).changes, []);
        node("a");
        node("away");
        const later = await checked({}, inputs);
        assert.deepEqual((await plugin.diff(state, later)).changes, ["chosen"]);
        assert.equal(brought((await plugin.update(state, later)).values).length, 4);
        node("a", { ready: false });
        await assert.rejects(plugin.create(await checked({ selector: undefined, nodes: ["a"] })), /a: it is not Ready/);
    });

    it("are not for another architecture", async () => {
        node("a", { architecture: "riscv64" });
        const { message } = await failing();
        assert.match(message, new RegExp(`the image ${one} is not for linux/riscv64; it is for linux/`));
    });

    it("say what the source lacks before anything is made", async () => {
        node("a");
        const inputs = await checked({ images: [one, "example.test/three:3"] });
        await assert.rejects(
            plugin.create(inputs),
            /lacks what is listed; it has .*example.test\/one:1.*\n {2}example.test\/three:3 is not in it/,
        );
        assert.deepEqual(posted("namespaces"), []);
    });

    it("are no longer pinned when they are no longer asked for, and when they are deleted", async () => {
        node("a");
        const state = await created();
        const less = (await plugin.update(state, await checked({ images: [one] }, state))).values;
        assert.deepEqual([...nodes.of(nodes.pinned, "a")], [digests[one]]);
        await plugin.delete(less);
        assert.deepEqual([...nodes.of(nodes.pinned, "a")], []);
        assert.deepEqual([...nodes.of(nodes.held, "a")], [digests[one], digests[two]]);
        assert.equal(fake.get(namespacePath), undefined);
    });

    it("come again after a refresh to a node that has lost them", async () => {
        node("a", { images: ["registry.k8s.io/pause:3.10", one, two] });
        node("b");
        node("c");
        const inputs = await checked();
        const state = (await plugin.create(inputs)).state.values;
        node("b", { images: [] });
        const read = (await plugin.read("site", state))?.values ?? {};
        // Of b nothing is told, so nothing is known.
        assert.deepEqual(read.chosen, ["a", "b"]);
        assert.deepEqual((await plugin.diff(read, await checked({}, read))).changes, ["chosen"]);
    });

    it("are refused by key, all at once", async () => {
        const wrong = {
            ...{ source: { kind: "bundle", sha256: "abc" }, path: "", images: ["A B"], nodes: [] },
            ...{ namespace: "Not A Name", owner: "", socket: "relative", timeoutSeconds: 0 },
        };
        const { failures } = await plugin.check({ ...given, ...wrong });
        const keys = failures.map((failure) => failure.split(":")[0]);
        assert.deepEqual(keys.sort(), [
            ...["images[0]", "namespace", "nodes", "nodes", "owner", "path", "socket"],
            ...["source.sha256", "timeoutSeconds"],
        ]);
    });

    it("are the same bytes at every run", async () => {
        node("a");
        await created();
        nodes.held.clear();
        const [first] = nodes.received.splice(0);
        await created();
        assert.ok(first !== undefined);
        assert.ok(first.bytes.equals(nodes.received[0]?.bytes ?? Buffer.alloc(0)));
        // The index is whole, so that its digest is the image's.
        assert.ok(first.bytes.includes("s390x"));
    });
});
