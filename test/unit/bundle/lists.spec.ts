import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { imagesOfChart } from "../../../tools/bundle/chart.ts";
import { readList } from "../../../tools/bundle/listFile.ts";
import { imagesIn } from "../../../tools/bundle/podImages.ts";
import { imagesOfCluster, imagesOfPods } from "../../../tools/bundle/pods.ts";
import { each, wantedByReference } from "../../../tools/bundle/wanted.ts";

const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;
const images = (wanted: readonly { image: string }[]): string[] => wanted.map(({ image }) => image);

describe("a list of images", () => {
    it("has a reference on each line, and remarks", () => {
        const text = `# all of it\nredis:7\r\n\n  quay.io/a/b:1   # why\nregistry.k8s.io/pause@${digest("a")}\n`;
        const wanted = readList(text, "list", false);
        assert.deepEqual(wanted, [
            { image: "docker.io/library/redis:7", from: "list:2" },
            { image: "quay.io/a/b:1", from: "list:4" },
            { image: `registry.k8s.io/pause@${digest("a")}`, pinned: digest("a"), from: "list:5" },
        ]);
    });

    it("can be kubespray's, whole or only what its inventory needs", () => {
        const text =
            "# default inventory\n[list]   quay.io/coreos/etcd:v3.6.10\n[needed] quay.io/calico/node:v3.31.5\n";
        assert.deepEqual(images(readList(text, "list", false)), [
            "quay.io/coreos/etcd:v3.6.10",
            "quay.io/calico/node:v3.31.5",
        ]);
        assert.deepEqual(images(readList(text, "list", true)), ["quay.io/calico/node:v3.31.5"]);
    });

    it("is refused with every line that is no reference", () => {
        assert.throws(
            () => readList("redis:7\nRedis:7\na b\n", "list", false),
            /list:2: "Redis:7" is no image reference.*\nlist:3: "a b" is no image reference/,
        );
    });
});

describe("what is wanted", () => {
    it("is each image once, with the digest that somebody knows", () => {
        const twice = [
            wantedByReference("redis:7", "one"),
            { ...wantedByReference("docker.io/redis:7", "two"), pinned: digest("a") },
            wantedByReference("quay.io/a:1", "one"),
            wantedByReference("redis:7", "three"),
        ];
        assert.deepEqual(each(twice), [
            { image: "docker.io/library/redis:7", pinned: digest("a"), from: "two" },
            { image: "quay.io/a:1", from: "one" },
        ]);
    });

    it("is not one image from two places, or with two digests", () => {
        const local = { ...wantedByReference("redis:7", "--docker-daemon", ""), local: "docker-daemon:redis:7" };
        assert.throws(
            () => each([wantedByReference("redis:7", "list:1"), local]),
            /two places: its registry \(list:1\)/,
        );
        const pinned = (digit: string) => ({ ...wantedByReference("redis:7", digit), pinned: digest(digit) });
        assert.throws(() => each([pinned("a"), pinned("b")]), /two digests: sha256:a+ \(a\) and sha256:b+ \(b\)/);
    });
});

describe("images of pods", () => {
    const spec = {
        initContainers: [{ image: "i:1" }],
        containers: [{ image: "c:1" }, { name: "none" }],
        ephemeralContainers: [{ image: "e:1" }],
        volumes: [{ image: { reference: "v:1" } }, { emptyDir: {} }],
    };

    it("are found in whatever makes pods, and nowhere else", () => {
        const cronJob = { kind: "CronJob", spec: { jobTemplate: { spec: { template: { spec } } } } };
        assert.deepEqual(imagesIn({ kind: "List", items: [cronJob] }), ["i:1", "c:1", "e:1", "v:1"]);
        assert.deepEqual(imagesIn({ kind: "ConfigMap", data: { image: "no:1" }, containers: "no:2" }), []);
    });

    it("are as they run, where all pods agree", () => {
        const pod = (name: string, image: string, imageID: string) => ({
            metadata: { namespace: "n", name },
            spec: { containers: [{ image }] },
            status: { containerStatuses: [{ image: `docker.io/library/${image}`, imageID }] },
        });
        const wanted = imagesOfPods([
            pod("a", "redis:7", `docker.io/library/redis@${digest("a")}`),
            pod("b", "nginx:1", `docker-pullable://nginx@${digest("b")}`),
            pod("c", "nginx:1", `docker-pullable://nginx@${digest("c")}`),
            pod("d", "imported:1", digest("d")),
            pod("e", "mirrored:1", `quay.io/library/mirrored@${digest("e")}`),
        ]);
        assert.deepEqual(
            each(wanted).map(({ image, pinned, from }) => [image, pinned, from]),
            [
                ["docker.io/library/imported:1", undefined, "pod n/d"],
                ["docker.io/library/mirrored:1", undefined, "pod n/e"],
                ["docker.io/library/nginx:1", undefined, "pod n/b"],
                ["docker.io/library/redis:7", digest("a"), "pod n/a"],
            ],
        );
    });
});

describe("what the images of are asked of others", () => {
    let folder: string;
    const { PATH, KUBECONFIG } = process.env;
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "bundle-lists-"));
    });
    afterEach(() => {
        process.env.PATH = PATH;
        if (KUBECONFIG === undefined) delete process.env.KUBECONFIG;
        else process.env.KUBECONFIG = KUBECONFIG;
        rmSync(folder, { recursive: true });
    });

    const rendered = `apiVersion: v1
kind: Service
metadata: {name: a}
---
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
        - image: registry.site.test/app:1
`;

    it("is a chart as helm renders it", async () => {
        const helm = join(folder, "helm");
        writeFileSync(helm, `#!/bin/sh\necho "$@" >"${folder}/args"\ncat <<'END'\n${rendered}END\n`);
        chmodSync(helm, 0o755);
        process.env.PATH = `${folder}${delimiter}${PATH ?? ""}`;
        const wanted = await imagesOfChart({ chart: "charts/app", values: ["a.yaml", "b.yaml"] });
        assert.deepEqual(wanted, [{ image: "registry.site.test/app:1", from: "charts/app" }]);
        assert.equal(
            readFileSync(join(folder, "args"), "utf8"),
            "template bundle charts/app --values a.yaml --values b.yaml\n",
        );
    });

    it("is a chart only where helm is", async () => {
        process.env.PATH = folder;
        assert.ok(!existsSync(join(folder, "helm")));
        await assert.rejects(imagesOfChart({ chart: "c", values: [] }), /helm is not installed here\n {2}install helm/);
    });

    it("is a cluster, page by page", async () => {
        const asked: string[] = [];
        const pod = (name: string) => ({ metadata: { name, namespace: "n" }, spec: { containers: [{ image: name }] } });
        const server: Server = createServer((request, response) => {
            const url = new URL(request.url ?? "", "http://api");
            asked.push(url.pathname);
            const more = url.searchParams.get("continue") ?? "";
            const page = more === "" ? { items: [pod("a:1")], next: "more" } : { items: [pod("b:1")], next: "" };
            response.setHeader("content-type", "application/json");
            response.end(JSON.stringify({ items: page.items, metadata: { continue: page.next } }));
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        try {
            const { port } = server.address() as AddressInfo;
            const cluster = {
                name: "c",
                cluster: { server: `http://127.0.0.1:${port.toString()}`, "insecure-skip-tls-verify": true },
            };
            const contexts = [{ name: "c", context: { cluster: "c", user: "u" } }];
            const config = { clusters: [cluster], contexts, users: [{ name: "u", user: {} }], "current-context": "c" };
            process.env.KUBECONFIG = join(folder, "kubeconfig");
            writeFileSync(process.env.KUBECONFIG, JSON.stringify({ apiVersion: "v1", kind: "Config", ...config }));
            const wanted = await imagesOfCluster();
            assert.deepEqual(images(wanted), ["docker.io/library/a:1", "docker.io/library/b:1"]);
            assert.deepEqual(asked, ["/api/v1/pods", "/api/v1/pods"]);
        } finally {
            server.closeAllConnections();
            server.close();
        }
    });
});
