import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { makeCertificates } from "../../lab/cluster/certificates.ts";
import { kubeconfig as kubeconfigOf } from "../../lab/cluster/kubeconfig.ts";
import { baseRootDir } from "../../lab/machines/baseRoot.ts";
import { ensurePackages } from "../../lab/packages.ts";
import { consoleReport } from "../../lab/report.ts";
import { openCluster } from "../../plugin/cluster.ts";
import { ApiServer, type KubeObject } from "../../plugin/copier/apiServer.ts";
import { parseAllDocuments } from "yaml";

import { contract } from "../support/contracts.ts";
import { ImageApi } from "./imageApi.ts";
import { begun } from "./objects.ts";
import { Operators } from "./operators.ts";

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/**
 * An OKD cluster as far as its API goes: a kube-apiserver with an etcd on this machine's loopback, OpenShift's own definitions in it, a small
 * `image.openshift.io` behind its aggregator, and {@link Operators} that act as the facts describe. It has no nodes and no controllers besides.
 */
export class OkdCluster {
    readonly kubeconfig: string;
    readonly api: ApiServer;
    readonly images: ImageApi;
    readonly operators: Operators;
    private readonly folder: string;
    private readonly children: readonly ChildProcess[];

    private constructor(folder: string, children: readonly ChildProcess[], api: ApiServer, images: ImageApi) {
        this.folder = folder;
        this.kubeconfig = join(folder, "kubeconfig");
        this.children = children;
        this.api = api;
        this.images = images;
        this.operators = new Operators(api, images);
    }

    /** Starts it, as a cluster on bare metal begins: its registry is `Removed`. `capability` false: it has no registry at all. `definitions` are paths of further ones. */
    static async start({
        capability = true,
        definitions: more = [],
    }: { capability?: boolean; definitions?: string[] } = {}): Promise<OkdCluster> {
        const folder = mkdtempSync(join(tmpdir(), "okd-"));
        const children: ChildProcess[] = [];
        try {
            const binaries = (await ensurePackages(["kubernetes"], consoleReport())).get("kubernetes") ?? "";
            const url = await startApiServer(folder, children, binaries);
            const api = await openCluster(join(folder, "kubeconfig"), new AbortController().signal);
            await until(url, async () => (await api.get("/api/v1/namespaces/default")) !== undefined);
            const images = await ImageApi.start();
            const cluster = new OkdCluster(folder, children, api, images);
            await cluster.define(capability, more);
            await images.register(api);
            startCollector(folder, children, binaries);
            for (const { path, object, manager } of begun(capability)) await cluster.put(path, object, manager);
            if (capability) await cluster.operators.start();
            return cluster;
        } catch (error) {
            for (const child of children) child.kill("SIGKILL");
            rmSync(folder, { recursive: true, force: true });
            throw error;
        }
    }

    async stop(): Promise<void> {
        await this.operators.stop();
        // One that has ended by itself tells it no more.
        const left = this.children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
        const gone = left.map((child) => new Promise((resolve) => child.once("exit", resolve)));
        for (const child of left) child.kill("SIGKILL");
        await Promise.all(gone);
        // After the aggregator, which would come back.
        await this.images.stop();
        rmSync(this.folder, { recursive: true, force: true });
    }

    /** The API for the bearer of a token, and for nobody else. */
    as(token: string): ApiServer {
        const { clusters } = JSON.parse(readFileSync(this.kubeconfig, "utf8")) as {
            clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
        };
        const { server = "", "certificate-authority-data": ca = "" } = clusters[0]?.cluster ?? {};
        const { hostname, port } = new URL(server);
        const headers = { authorization: `Bearer ${token}` };
        return new ApiServer(() => ({ protocol: "https:", hostname, port, ca: Buffer.from(ca, "base64"), headers }));
    }

    /** Puts an object there, whatever there was, its status as well. `path` is that of the object. */
    async put(path: string, object: KubeObject, manager = "begin"): Promise<void> {
        const collection = path.replace(/\/[^/]*$/, "");
        const found = await this.api.get(path);
        const query = `?fieldManager=${manager}`;
        const { status, ...rest } = object;
        const made =
            found === undefined
                ? ((await this.api.send("POST", collection + query, rest)) as KubeObject)
                : ((await this.api.send("PUT", path + query, {
                      ...rest,
                      metadata: { ...object.metadata, resourceVersion: found.metadata.resourceVersion },
                  })) as KubeObject);
        if (status !== undefined) await this.api.send("PUT", `${path}/status${query}`, { ...made, status });
    }

    /** The object at a path. Throws where there is none. */
    async get(path: string): Promise<KubeObject> {
        const found = await this.api.get(path);
        if (found === undefined) throw new Error(`there is no ${path}`);
        return found;
    }

    private async define(capability: boolean, more: readonly string[]): Promise<void> {
        const root = contract("crds/openshift");
        const files = readdirSync(root).filter((name) => capability || !name.startsWith("imageregistry"));
        const names: string[] = [];
        for (const file of [...files.map((name) => join(root, name)), ...more]) {
            for (const document of parseAllDocuments(readFileSync(file, "utf8"))) {
                const definition = document.toJS() as KubeObject;
                await this.api.send("POST", definitions, definition);
                names.push(definition.metadata.name);
            }
        }
        await until("the definitions", async () => {
            const { items } = await this.api.list(definitions);
            return names.every((name) => {
                const found = items.find(({ metadata }) => metadata.name === name);
                const { conditions = [] } = (found?.status ?? {}) as {
                    conditions?: { type: string; status: string }[];
                };
                return conditions.some(({ type, status }) => type === "Established" && status === "True");
            });
        });
    }
}

/** Starts etcd and the API server of the lab's packages, both on loopback, and writes a kubeconfig. */
async function startApiServer(folder: string, children: ChildProcess[], binaries: string): Promise<string> {
    const [client, peer, port] = await freePorts();
    const pki = join(folder, "pki");
    const certificates = await makeCertificates(pki);
    const etcd = `http://127.0.0.1:${client.toString()}`;
    const peers = `http://127.0.0.1:${peer.toString()}`;
    const base = baseRootDir();
    mkdirSync(join(folder, "etcd"), { mode: 0o700 });
    const start = (argv: readonly string[]): void => {
        const [command = "", ...args] = argv;
        children.push(spawn(command, args, { stdio: "ignore" }));
    };
    const libraries = ["lib", "usr/lib"].map((one) => join(base, one, "x86_64-linux-gnu")).join(":");
    start([
        ...[join(base, "lib64/ld-linux-x86-64.so.2"), "--library-path", libraries, join(base, "usr/bin/etcd")],
        `--data-dir=${join(folder, "etcd")}`,
        ...[`--listen-client-urls=${etcd}`, `--advertise-client-urls=${etcd}`],
        ...[
            `--listen-peer-urls=${peers}`,
            `--initial-advertise-peer-urls=${peers}`,
            `--initial-cluster=default=${peers}`,
        ],
        "--unsafe-no-fsync",
    ]);
    const file = (name: string): string => join(pki, name);
    start([
        join(binaries, "kube-apiserver"),
        ...["--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", `--secure-port=${port.toString()}`],
        `--etcd-servers=${etcd}`,
        "--service-cluster-ip-range=10.96.0.0/16",
        "--authorization-mode=RBAC",
        "--disable-admission-plugins=ServiceAccount",
        `--client-ca-file=${file("ca.crt")}`,
        ...[`--tls-cert-file=${file("apiserver.crt")}`, `--tls-private-key-file=${file("apiserver.key")}`],
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        `--service-account-key-file=${file("service-accounts.crt")}`,
        `--service-account-signing-key-file=${file("service-accounts.key")}`,
        ...["--endpoint-reconciler-type=none", "--watch-cache=true"],
    ]);
    const url = `https://127.0.0.1:${port.toString()}`;
    writeFileSync(join(folder, "kubeconfig"), kubeconfigOf(url, "okd", certificates, certificates.admin), {
        mode: 0o600,
    });
    return url;
}

/**
 * What deletes the way Pulumi does, owners last, is gone only when the garbage collector has said so. It gives up where a busy API server does
 * not answer it within seconds, and then begins again.
 */
function startCollector(folder: string, children: ChildProcess[], binaries: string): void {
    const kubeconfig = join(folder, "kubeconfig");
    const argv = [
        `--kubeconfig=${kubeconfig}`,
        "--controllers=garbage-collector-controller",
        ...["--leader-elect=false", "--secure-port=0"],
    ];
    const start = (): void => {
        if (!existsSync(kubeconfig)) return;
        const child = spawn(join(binaries, "kube-controller-manager"), argv, { stdio: "ignore" });
        children.push(child);
        child.once("exit", (_, signal) => {
            if (signal !== "SIGKILL") setTimeout(start, 500).unref();
        });
    };
    start();
}

async function freePorts(): Promise<[number, number, number]> {
    const probes = await Promise.all(
        [0, 1, 2].map(async () => {
            const probe = createServer();
            await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
            return probe;
        }),
    );
    const ports = probes.map((probe) => (probe.address() as AddressInfo).port);
    await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
    return ports as [number, number, number];
}

async function until(what: string, done: () => Promise<boolean>): Promise<void> {
    // A busy machine takes its time to start an API server.
    const end = Date.now() + 180_000;
    for (;;) {
        let last: unknown;
        try {
            if (await done()) return;
        } catch (error) {
            last = error;
        }
        if (Date.now() > end) throw new Error(`${what}: nothing after three minutes`, { cause: last });
        await sleep(200);
    }
}
