import assert from "node:assert/strict";

import { parse } from "yaml";

import type { Pool } from "../../components/nodeTrust/pools.ts";
import { clusterNode, isLinux, type ClusterNode } from "../../components/preflight/nodes.ts";
import { detectedPools, nodesLeftOut, poolObjections } from "../../components/preflight/pools.ts";

const wishes = { credentials: false, anyRuntime: false };

function node(name: string, runtime: string, kubelet = "v1.36.3", labels = {}, annotations = {}): ClusterNode {
    return clusterNode({
        metadata: { name, labels: { "kubernetes.io/os": "linux", ...labels }, annotations },
        status: { nodeInfo: { containerRuntimeVersion: runtime, kubeletVersion: kubelet } },
    });
}

function pool(name: string, selector: Record<string, string>, runtime: Pool["runtime"] = "containerd"): Pool {
    return { name, selector, runtime };
}

const everyNode = pool("default", {});
const plain = node("node1", "containerd://1.6.20");

describe("pools of nodes", () => {
    it("knows each runtime by what the kubelet says", () => {
        const found = [
            plain,
            node("b", "containerd://2.1.4-k3s1", "v1.34.1+k3s1"),
            node("c", "containerd://2.1.4-k3s2", "v1.34.1+rke2r1"),
            node("d", "docker://28.3.0"),
            node("e", "cri-o://1.34.0"),
            node("f", "isulad://1.0"),
        ];
        assert.deepEqual(
            found.map(({ runtime }) => runtime),
            ["containerd", "k3s", "rke2", "docker", "crio", undefined],
        );
    });

    it("is content where each node belongs to one pool and has its runtime", () => {
        const gpu = node("node2", "cri-o://1.34.0", "v1.34.1", { gpu: "yes" });
        const pools = [pool("default", { gpu: "no" }), pool("gpu", { gpu: "yes" }, "crio")];
        const other = node("node1", "containerd://1.6.20", "v1.36.3", { gpu: "no" });
        assert.deepEqual(poolObjections(pools, [other, gpu], wishes), []);
        assert.deepEqual(nodesLeftOut(pools, [other, gpu, plain]), ["node1"]);
    });

    it("leaves nodes with another system alone", () => {
        const windows = clusterNode({ metadata: { name: "w", labels: { "kubernetes.io/os": "windows" } } });
        assert.ok(!isLinux(windows) && isLinux(plain));
    });

    it("objects to a pool without a node, by its labels", () => {
        const [line, ...more] = poolObjections([everyNode, pool("gpu", { gpu: "yes" })], [plain], wishes);
        assert.deepEqual(more, []);
        assert.equal(
            line,
            'nodeTrust.pools.1.selector: is {"gpu":"yes"}; no node carries gpu=yes: correct the labels, or leave the pool out',
        );
        assert.match(poolObjections([everyNode], [], wishes)[0] ?? "", /no node is Linux/);
    });

    it("objects to two pools on one node, and names both", () => {
        const zoned = node("node2", "containerd://1.6.20", "v1.36.3", { zone: "a" });
        const [line, ...more] = poolObjections([everyNode, pool("a", { zone: "a" })], [plain, zoned], wishes);
        assert.deepEqual(more, []);
        assert.match(
            line ?? "",
            /^nodeTrust\.pools\.1\.selector: is \{"zone":"a"\}; node2 belongs to the pools default and a: choose labels/,
        );
    });

    it("objects to another runtime than the node has, once for each", () => {
        const found = poolObjections(
            [everyNode],
            [plain, node("b", "cri-o://1.34.0"), node("c", "cri-o://1.34.0"), node("d", "isulad://1.0")],
            wishes,
        );
        assert.deepEqual(found, [
            'nodeTrust.pools.0.runtime: is "containerd"; b, c have cri-o://1.34.0: give them a pool of their own with runtime crio, or correct the runtime',
            'nodeTrust.pools.0.runtime: is "containerd"; d has isulad://1.0: leave them out by the selector',
        ]);
        assert.deepEqual(
            poolObjections([everyNode], [node("b", "cri-o://1.34.0")], { ...wishes, anyRuntime: true }),
            [],
        );
    });

    it("refuses nodes of OpenShift in any mode, with the way that it supports", () => {
        for (const one of [
            node("o", "cri-o://1.34.0", "v1.34.1", { "node.openshift.io/os_id": "rhel" }),
            node("o", "cri-o://1.34.0", "v1.34.1", {}, { "machineconfiguration.openshift.io/currentConfig": "x" }),
        ]) {
            for (const anyRuntime of [true, false]) {
                const [line, ...more] = poolObjections([pool("default", {}, "crio")], [one], { ...wishes, anyRuntime });
                assert.deepEqual(more, []);
                assert.match(
                    line ?? "",
                    /^nodeTrust\.pools\.0: o: .*additionalTrustedCA of image\.config\.openshift\.io\/cluster/,
                );
            }
        }
    });

    it("wants containerd 2 for logins of nodes", () => {
        const nodes = [plain, node("node2", "containerd://2.2.1")];
        const [line, ...more] = poolObjections([everyNode], nodes, { ...wishes, credentials: true });
        assert.deepEqual(more, []);
        assert.match(line ?? "", /^nodeCredentials: node1: containerd 1 takes no credentials .*use pull secrets/);
    });

    it("names at most ten nodes", () => {
        const many = Array.from({ length: 12 }, (_, index) => node(`n${index.toString()}`, "docker://28.3.0"));
        assert.match(poolObjections([everyNode], many, wishes)[0] ?? "", /n9 and 2 more have docker/);
    });
});

describe("auto", () => {
    it("writes the pools that the nodes want, as YAML that can be used", () => {
        const known = pool("edge", { zone: "edge" }, "k3s");
        const nodes = [plain, node("e", "containerd://2.1.4-k3s1", "v1.34.1+k3s1", { zone: "edge" })];
        const auto = pool("default", { "kubernetes.io/os": "linux" }, "auto");
        assert.deepEqual(parse(detectedPools([auto], [plain])), {
            pools: [{ name: "default", selector: { "kubernetes.io/os": "linux" }, runtime: "containerd" }],
        });
        const text = detectedPools([known, auto], nodes);
        const { pools } = parse(text) as { pools: Pool[] };
        const found = pools.map(({ name, runtime }) => `${name} ${runtime}`).sort();
        assert.deepEqual(found, ["default-containerd containerd", "default-k3s k3s", "edge k3s"]);
        assert.match(text, /# node1 {2}# choose labels that these nodes alone carry/);
    });

    it("says of nodes that no pool is for why", () => {
        const text = detectedPools(
            [pool("default", {}, "auto")],
            [node("f", "isulad://1.0"), node("o", "cri-o://1.34.0", "v1.34.1", { "node.openshift.io/os_id": "rhel" })],
        );
        assert.match(text, /# f: isulad:\/\/1\.0 is not known here/);
        assert.match(text, /# o: OpenShift; use additionalTrustedCA/);
    });
});
