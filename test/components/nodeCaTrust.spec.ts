import assert from "node:assert/strict";

import { readSettings } from "../../settings.ts";
import { secretKeys } from "../../settings/schema.ts";
import { buildSite } from "../../site.ts";
import { configure } from "../support/configuration.ts";
import { find, underMocks, type Registered } from "../support/mocks.ts";

interface Pod {
    hostPID?: boolean;
    nodeSelector: Record<string, string>;
    initContainers: Container[];
    containers: Container[];
    volumes: {
        name: string;
        hostPath?: { path: string; type: string };
        secret?: object;
        configMap?: { name: string };
    }[];
}

interface Container {
    command?: string[];
    image: string;
    env?: { name: string; value?: string }[];
    securityContext: Record<string, unknown>;
    volumeMounts?: { mountPath: string; readOnly?: boolean }[];
}

interface DaemonSet {
    metadata: { name: string; labels: Record<string, string>; annotations?: Record<string, string> };
    spec: { selector: { matchLabels: Record<string, string> }; template: { spec: Pod }; updateStrategy: unknown };
}

const host = "registry.example.org";

/** Every resource of a site with this section, and these secrets. */
async function site(nodeTrust: object, secrets: Record<string, unknown> = {}): Promise<Registered[]> {
    configure({ registry: { host, proof: { enabled: false } }, nodeTrust, ...secrets }, [...secretKeys]);
    return underMocks(() => buildSite(readSettings(), []));
}

function daemonSet(seen: readonly Registered[], name: string): DaemonSet {
    return find(seen, "kubernetes:apps/v1:DaemonSet", name).inputs as unknown as DaemonSet;
}

function written(seen: readonly Registered[], name: string, type = "ConfigMap"): Record<string, string> {
    const { data, stringData } = find(seen, `kubernetes:core/v1:${type}`, name).inputs as Record<
        string,
        Record<string, string>
    >;
    return data ?? stringData ?? {};
}

const hostPaths = ({ spec }: DaemonSet): string[] =>
    spec.template.spec.volumes.flatMap(({ hostPath }) => (hostPath === undefined ? [] : [hostPath.path]));

describe("NodeCaTrust", () => {
    it("makes one DaemonSet for each pool, with its runtime's directories and no other", async () => {
        const seen = await site({
            pools: [
                { name: "default", selector: { kind: "plain" } },
                { name: "edge", selector: { kind: "edge" }, runtime: "k3s" },
                { name: "old", selector: { kind: "old" }, runtime: "crio" },
            ],
        });
        const [plain, edge, old] = ["node-trust-agent", "node-trust-edge-agent", "node-trust-old-agent"].map((name) =>
            daemonSet(seen, name),
        ) as [DaemonSet, DaemonSet, DaemonSet];
        const state = "/var/lib/siteregistry";
        const k3s = "/var/lib/rancher/k3s/agent/etc/containerd";
        assert.deepEqual(hostPaths(plain), ["/etc/containerd/certs.d", state, "/etc/containerd"]);
        assert.deepEqual(hostPaths(edge), [`${k3s}/certs.d`, state, k3s]);
        assert.deepEqual(hostPaths(old), ["/etc/containers/certs.d", state]);
        assert.deepEqual(
            [plain, edge, old].map(({ metadata }) => metadata.name),
            ["node-ca-trust", "node-ca-trust-edge", "node-ca-trust-old"],
        );
        assert.deepEqual(edge.spec.template.spec.nodeSelector, { kind: "edge", "kubernetes.io/os": "linux" });
        // No selector finds the pods of another, or their receipts would be mixed up.
        const selectors = [plain, edge, old].map(({ spec }) => JSON.stringify(spec.selector.matchLabels));
        assert.equal(new Set(selectors).size, 3);
        assert.ok(
            Object.keys(written(seen, "node-trust-old-bundle")).includes(
                `files_etc_containers_certs.d_${host}_node-ca-trust.crt`,
            ),
        );
    });

    it("gives no agent a right that it does not need", async () => {
        const seen = await site({ hostsEntries: [{ host }] });
        const { spec } = daemonSet(seen, "node-trust-agent");
        const pod = spec.template.spec;
        assert.equal(pod.hostPID, undefined);
        for (const { securityContext, volumeMounts = [] } of [...pod.initContainers, ...pod.containers]) {
            assert.deepEqual(securityContext.capabilities, { drop: ["ALL"] });
            assert.equal(securityContext.allowPrivilegeEscalation, false);
            assert.equal(securityContext.privileged, undefined);
            const readOnly = volumeMounts.filter((one) => one.readOnly === true).map(({ mountPath }) => mountPath);
            assert.deepEqual(readOnly, ["/bundle", "/host/etc/containerd"]);
        }
    });

    it("may write beside the runtime's configuration only where a link is asked for", async () => {
        const { spec } = daemonSet(await site({ mend: "link" }), "node-trust-agent");
        const mounts = spec.template.spec.initContainers[0]?.volumeMounts ?? [];
        const beside = mounts.find(({ mountPath }) => mountPath === "/host/etc/containerd");
        assert.deepEqual(beside, { name: "reads-0", mountPath: "/host/etc/containerd" });
    });

    it("is not done before the nodes have said so", async () => {
        const seen = await site({ timeoutSeconds: 90 });
        const { inputs } = find(seen, "siteregistry:index:NodeTrustReceipts", "node-trust-receipts");
        const set = daemonSet(seen, "node-trust-agent");
        const bundle = set.spec.template.spec.initContainers[0]?.env?.find(({ name }) => name === "BUNDLE_ID")?.value;
        assert.equal(set.metadata.annotations?.["pulumi.com/skipAwait"], "true");
        assert.deepEqual(inputs.daemonSets, ["node-ca-trust"]);
        assert.deepEqual(inputs.bundles, { "node-ca-trust": bundle });
        assert.deepEqual([inputs.timeoutSeconds, inputs.owner, inputs.initContainer], [90, "node-ca-trust", "apply"]);
        const volume = set.spec.template.spec.volumes.find(({ name }) => name === "bundle");
        assert.equal(volume?.configMap?.name, `node-ca-trust-${bundle ?? ""}`);
    });

    it("has what sets config_path, where that is asked for, in namespaces of its own and before the agents", async () => {
        const pools = [
            { name: "default", selector: { kind: "plain" } },
            { name: "edge", selector: { kind: "edge" }, runtime: "k3s" },
            { name: "old", selector: { kind: "old" }, registryDirectory: "/etc/containerd/mine" },
        ];
        const names = (seen: readonly Registered[]): string[] =>
            seen.filter(({ type }) => type === "kubernetes:apps/v1:DaemonSet").map(({ name }) => name);
        const agents = ["node-trust-agent", "node-trust-edge-agent", "node-trust-old-agent"];
        assert.deepEqual(names(await site({ pools })).sort(), agents);
        const seen = await site({ pools, mend: "config" });
        const menders = ["node-trust-mend-agent", "node-trust-mend-old-agent"];
        assert.deepEqual(names(seen).sort(), [...agents, ...menders].sort());
        const [plain, old] = menders.map((name) => daemonSet(seen, name)) as [DaemonSet, DaemonSet];
        assert.deepEqual(
            [plain, old].map(({ metadata }) => metadata.name),
            ["node-ca-trust-mend", "node-ca-trust-mend-old"],
        );
        assert.deepEqual(old.spec.template.spec.nodeSelector, { kind: "old", "kubernetes.io/os": "linux" });
        const [script] = ["node-trust-mend-old-script"].map((name) => written(seen, name)["setup.sh"] ?? "");
        assert.match(script ?? "", /^directory='\/etc\/containerd\/mine'$/m);
        assert.ok(!seen.some(({ name }) => name === "node-trust-mend-ca"), "it has no roots to bring");
        // The agents themselves have no more rights than before.
        assert.deepEqual(
            hostPaths(daemonSet(seen, "node-trust-agent")),
            hostPaths(daemonSet(await site({ pools }), "node-trust-agent")),
        );
    });

    it("mounts /etc/hosts only where names are to be written there", async () => {
        assert.ok(!hostPaths(daemonSet(await site({}), "node-trust-agent")).includes("/etc/hosts"));
        const seen = await site({ hostsEntries: [{ host }, { host: "b.example.org", address: "192.0.2.7" }] });
        assert.ok(hostPaths(daemonSet(seen, "node-trust-agent")).includes("/etc/hosts"));
        // The address that the mocks give the registry's Service.
        assert.match(
            written(seen, "node-trust-bundle").hosts ?? "",
            /\n10\.96\.7\.7 registry\.example\.org\n192\.0\.2\.7 b\.example\.org\n/,
        );
    });

    it("writes mirrors, and insecure registries where they are named", async () => {
        const seen = await site({
            mirrors: [{ upstream: "docker.io", path: "mirror/docker.io", fallback: false }],
            insecureRegistries: ["old.example.org:5000"],
        });
        const files = written(seen, "node-trust-bundle");
        const folder = "files_etc_containerd_certs.d";
        assert.match(
            files[`${folder}_docker.io_hosts.toml`] ?? "",
            /"https:\/\/10\.96\.7\.7:5000\/v2\/mirror\/docker\.io"/,
        );
        const last = files[`${folder}_old.example.org_5000_hosts.toml`] ?? "";
        // TLS with any certificate, and plain HTTP after that.
        assert.match(last, /\[host\."https:\/\/old\.example\.org:5000"\]\n.*\nskip_verify = true\n/);
        assert.match(last, /\[host\."http:\/\/old\.example\.org:5000"\]\ncapabilities = \["pull", "resolve"\]\n$/);
        assert.doesNotMatch(files[`${folder}_${host}_hosts.toml`] ?? "", /skip_verify/);
    });

    it("keeps logins of nodes in a Secret and nowhere else", async () => {
        const password = "correct horse battery";
        const seen = await site({}, { nodeCredentials: { [host]: { user: "reader", password } } });
        const files = written(seen, "node-trust-bundle", "Secret");
        const encoded = Buffer.from(`reader:${password}`).toString("base64");
        assert.ok(files[`files_etc_containerd_certs.d_${host}_hosts.toml`]?.includes(`Basic ${encoded}`));
        for (const { name, type, inputs, secrets } of seen) {
            const shown = JSON.stringify(inputs);
            if (type === "kubernetes:core/v1:Secret" && name === "node-trust-bundle")
                assert.deepEqual(secrets, ["stringData"]);
            else assert.ok(!shown.includes(password) && !shown.includes(encoded), name);
        }
        assert.ok(!seen.some(({ type, name }) => type.endsWith("ConfigMap") && name.startsWith("node-trust")));
        assert.ok(
            daemonSet(seen, "node-trust-agent").spec.template.spec.volumes.some(({ secret }) => secret !== undefined),
        );
    });
});

describe("SystemStoreTrust", () => {
    const mode = { mode: "systemStore", reachBy: "host" };

    it("is root in the container that ends, and nothing in the one that stays", async () => {
        const seen = await site(mode);
        const { spec } = daemonSet(seen, "node-trust-system-agent");
        const { hostPID, initContainers, containers, volumes } = spec.template.spec;
        assert.equal(hostPID, true);
        assert.equal(initContainers[0]?.securityContext.privileged, true);
        assert.deepEqual(containers[0]?.securityContext.capabilities, { drop: ["ALL"] });
        assert.equal(containers[0].securityContext.runAsNonRoot, true);
        assert.ok(volumes.every(({ hostPath }) => hostPath === undefined));
    });

    it("goes node by node, in the first round too", async () => {
        const seen = await site(mode);
        const { spec } = daemonSet(seen, "node-trust-system-agent");
        assert.deepEqual(spec.updateStrategy, {
            type: "RollingUpdate",
            rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
        });
        const [container] = spec.template.spec.initContainers;
        assert.ok(container?.env?.some(({ name }) => name === "TURN"));
        // The receipts give the turn and wait, past a node that is not Ready: the engine's own wait would be for ever.
        const { inputs } = find(seen, "siteregistry:index:NodeTrustReceipts", "node-trust-system-receipts");
        assert.deepEqual([inputs.turnAnnotation, inputs.removeOneByOne], ["siteregistry/turn", true]);
        const { metadata } = daemonSet(seen, "node-trust-system-agent");
        assert.equal(metadata.annotations?.["pulumi.com/skipAwait"], "true");
    });

    it("has the roots and the script in two ConfigMaps; names, script and images can be others", async () => {
        const seen = await site({
            ...mode,
            systemStore: {
                ...{ daemonSetName: "custom-ca-manager", certificatesName: "trusted-ca", scriptName: "setup-script" },
                ...{ script: "echo seeds", image: "docker.io/library/debian:12", pauseImage: "k8s.gcr.io/pause:3.1" },
                runtimeService: "k3s-agent",
            },
        });
        assert.match(written(seen, "node-trust-system-ca")["ca.crt"] ?? "", /BEGIN CERTIFICATE/);
        assert.equal(written(seen, "node-trust-system-script")["setup.sh"], "echo seeds");
        const set = daemonSet(seen, "node-trust-system-agent");
        assert.equal(set.metadata.name, "custom-ca-manager");
        const { initContainers, containers } = set.spec.template.spec;
        assert.deepEqual(
            [initContainers[0]?.image, containers[0]?.image],
            ["docker.io/library/debian:12", "k8s.gcr.io/pause:3.1"],
        );
        assert.equal(containers[0]?.command, undefined);
        assert.ok(initContainers[0]?.env?.some(({ name, value }) => name === "SERVICE" && value === "k3s-agent"));
    });
});
