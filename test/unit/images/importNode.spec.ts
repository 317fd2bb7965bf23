import assert from "node:assert/strict";

import type { ApiServer } from "../../../plugin/copier/apiServer.ts";
import {
    honoursPins,
    imageNodes,
    refusal,
    startableImages,
    toolsOf,
    type ImageNode,
} from "../../../plugin/images/imageNode.ts";
import { importerPod, podName } from "../../../plugin/images/importerPod.ts";

const node: ImageNode = {
    ...{ name: "n", ready: true, os: "linux", architecture: "amd64", osImage: "Debian GNU/Linux 12 (bookworm)" },
    ...{ runtime: "containerd://1.7.24", kubelet: "v1.36.3", labels: {}, images: [] },
};

interface Spec {
    nodeName: string;
    containers: [
        {
            securityContext: object;
            command: string[];
            volumeMounts: { mountPath: string; readOnly?: boolean }[];
        },
    ];
    volumes: { hostPath?: { path: string; type: string }; projected?: { sources: unknown[] } }[];
}

describe("an importer", () => {
    it("has no more of its node than it needs, and nothing that it can write but the socket", () => {
        const tools = toolsOf(node);
        const task = { namespace: "first", node: "n", owner: "me", action: "look", images: [], tools } as const;
        const { spec } = importerPod(task, { image: "pause", pullPolicy: "Never" });
        const { containers, volumes, ...rest } = spec as Spec & Record<string, unknown>;
        assert.deepEqual(
            volumes.map(({ hostPath }) => [hostPath?.path, hostPath?.type]),
            [
                ...["/bin", "/sbin", "/lib", "/lib64", "/usr"].map((path) => [path, "Directory"]),
                ["/run/containerd/containerd.sock", "Socket"],
            ],
        );
        const writable = containers[0].volumeMounts.filter(({ readOnly }) => readOnly !== true);
        assert.deepEqual(
            writable.map(({ mountPath }) => mountPath),
            ["/run/containerd/containerd.sock"],
        );
        assert.deepEqual(containers[0].securityContext, {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"] },
            readOnlyRootFilesystem: true,
        });
        assert.equal(rest.automountServiceAccountToken, false);
        for (const more of ["hostPID", "hostNetwork", "hostIPC"]) assert.ok(!(more in rest));
    });

    it("is told of images and pieces in their order", () => {
        const pieces = Array.from({ length: 12 }, (_, index) => ({ configMap: `p${index.toString()}`, sha256: "x" }));
        const images = [{ digest: "sha256:1", names: ["a/b:1", "a/b@sha256:1"] }];
        const archive = { sha256: "y", pieces };
        const tools = toolsOf(node);
        const task = { namespace: "first", node: "n", owner: "me", action: "import", images, tools, archive } as const;
        const { spec } = importerPod(task, { image: "pause", pullPolicy: "Never" });
        const { containers, volumes } = spec as Spec;
        assert.deepEqual(containers[0].command.slice(3), ["importer", "import", "sha256:1|a/b:1|a/b@sha256:1"]);
        const sources = volumes.find(({ projected }) => projected !== undefined)?.projected?.sources;
        assert.deepEqual(sources?.at(-1), { configMap: { name: "p11", items: [{ key: "piece", path: "00011" }] } });
    });

    it("is called after its node, whatever that is called", () => {
        const long = `${"a".repeat(39)}.${"b".repeat(200)}`;
        for (const name of ["n", "node.example.org", long]) {
            assert.match(podName("import", name), /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
            assert.ok(podName("import", name).length <= 63);
        }
        assert.notEqual(podName("look", `${long}1`), podName("look", `${long}2`));
    });

    it("looks where a distribution of Kubernetes has its containerd", () => {
        for (const [kubelet, path] of [
            ["v1.31.4+k3s1", "/var/lib/rancher/k3s/data/current/bin/ctr"],
            ["v1.31.4+rke2r1", "/var/lib/rancher/rke2/bin/ctr"],
        ] as const) {
            const { ctr, socket, folders } = toolsOf({ ...node, kubelet });
            assert.equal(ctr[0], path);
            assert.equal(socket, "/run/k3s/containerd/containerd.sock");
            assert.ok(folders.includes("/var/lib/rancher"));
        }
        assert.ok(!toolsOf({ ...node, architecture: "arm64" }).folders.includes("/lib64"));
        assert.ok(!toolsOf({ ...node, osImage: "Alpine Linux v3.20" }).folders.includes("/lib64"));
    });

    it("judges nodes by what their Node objects say of them", async () => {
        const debian = ["linux", "Debian GNU/Linux 12 (bookworm)", "containerd://1.7.24", "v1.36.3"];
        const said: Record<string, string[]> = {
            aks: ["linux", "Ubuntu 22.04.5 LTS", "containerd://1.7.23-1", "v1.30.7"],
            bottlerocket: [
                "linux",
                "Bottlerocket OS 1.26.1 (aws-k8s-1.31)",
                "containerd://1.7.22+bottlerocket",
                "v1.31.1-eks-1b3e656",
            ],
            crio: ["linux", "Fedora CoreOS 40.20240709.3.1", "cri-o://1.31.3", "v1.31.4"],
            flatcar: ["linux", "Flatcar Container Linux by Kinvolk 4081.2.1 (Oklo)", "containerd://1.7.21", "v1.31.4"],
            k3s: ["linux", "SUSE Linux Enterprise Micro 5.5", "containerd://1.7.23-k3s2", "v1.31.4+k3s1"],
            "k3s-docker": ["linux", "Ubuntu 24.04.1 LTS", "docker://27.3.1", "v1.31.4+k3s1"],
            node: debian,
            rke2: ["linux", "Rocky Linux 9.5 (Blue Onyx)", "containerd://1.7.23-k3s2", "v1.31.4+rke2r1"],
            talos: ["linux", "Talos (v1.9.1)", "containerd://2.0.1", "v1.32.0"],
            windows: ["windows", "Windows Server 2022 Datacenter", "containerd://1.7.23", "v1.31.4"],
        };
        const items = Object.entries(said).map(([name, [operatingSystem, osImage, runtime, kubeletVersion]]) => ({
            metadata: { name },
            status: { nodeInfo: { operatingSystem, osImage, containerRuntimeVersion: runtime, kubeletVersion } },
        }));
        const api = { list: () => Promise.resolve({ items }) } as unknown as ApiServer;
        const nodes = await imageNodes(api);
        const refused = nodes.flatMap((one) => {
            const words = refusal(one);
            return words === undefined ? [] : [[one.name, words] as const];
        });
        const remedies: Record<string, RegExp> = {
            bottlerocket: /snapshot of a data volume .*settings\.container-registry/,
            crio: /skopeo copy oci-archive:<file> containers-storage:<name>/,
            "k3s-docker": /docker load/,
            talos: /talosctl images cache-create.*machine\.registries/,
            windows: /nodes of Linux only/,
        };
        assert.deepEqual(
            refused.map(([name]) => name),
            Object.keys(remedies),
        );
        for (const [name, words] of refused) assert.match(words, remedies[name] ?? /^$/);
        const sockets = nodes.map((one) => [one.name, toolsOf(one).socket] as const);
        assert.deepEqual(
            sockets.filter(([, socket]) => socket === "/run/k3s/containerd/containerd.sock").map(([name]) => name),
            ["k3s", "k3s-docker", "rke2"],
        );
    });

    it("starts from the pause image first, and then from small ones", () => {
        const images = [
            { names: ["a/large:1"], size: 9 },
            { names: ["<none>@<none>"], size: 1 },
            { names: ["a/small@sha256:1", "a/small:1"], size: 2 },
            { names: ["registry.k8s.io/pause@sha256:2"], size: 3 },
        ];
        assert.deepEqual(startableImages({ ...node, images }), [
            "registry.k8s.io/pause@sha256:2",
            "a/small:1",
            "a/large:1",
        ]);
    });

    it("knows which containerd honours pins", () => {
        const honour = ["1.6.22", "1.6.33~ds1", "1.7.3", "v1.7.24-k3s1", "v2.0.0", "2.4.2"];
        const ignore = ["1.6.20~ds1", "1.7.0", "v1.7.2", "1.5.18", "unknown"];
        assert.deepEqual(honour.filter(honoursPins), honour);
        assert.deepEqual(ignore.filter(honoursPins), []);
    });
});
