import assert from "node:assert/strict";

import type { AnyObject, ApiKind, Cluster } from "../../components/preflight/cluster.ts";
import { nodeEvidence } from "../../components/preflight/nodeEvidence.ts";
import { judgeRotation, type RegistryBefore, type Rotation } from "../../components/preflight/rotation.ts";
import type { GenerationsArgs } from "../../components/registry/certificates/generations.ts";
import { makeCertificate } from "../support/certificateMaker.ts";

const one = makeCertificate({ name: "registry CA 1", ca: true });
const two = makeCertificate({ name: "registry CA 2", ca: true });
const roots = { "1": one.certificate, "2": two.certificate };
const leafOf = (issuer: typeof one): string =>
    makeCertificate({ name: "registry.example.org", issuer, names: ["registry.example.org"] }).certificate;

const agentLabels = { "app.kubernetes.io/component": "node-trust", "app.kubernetes.io/instance": "trust" };
const linux = { "kubernetes.io/os": "linux" };
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const now = new Date("2030-01-01T12:00:00Z");

function node(name: string, labels: Record<string, string> = linux, status = "True"): AnyObject {
    return { metadata: { name, labels }, status: { conditions: [{ type: "Ready", status }] } };
}

/** An agent's pod on a node; `ended` is the exit code of its init container, undefined while that runs. */
function agent(on: string, bundle: string, ended?: number, created = "2030-01-01T10:00:00Z"): AnyObject {
    const state = ended === undefined ? { waiting: { reason: "ErrImagePull" } } : { terminated: { exitCode: ended } };
    return {
        metadata: { name: `agent-${on}`, namespace: "trust", labels: agentLabels, creationTimestamp: created },
        spec: { nodeName: on, volumes: [{ name: "bundle", configMap: { name: bundle } }, { hostPath: {} }] },
        status: { initContainerStatuses: [{ name: "apply", state }] },
    };
}

const daemonSet: AnyObject = {
    metadata: { name: "trust", namespace: "trust", labels: agentLabels },
    spec: { template: { spec: { nodeSelector: linux } } },
};
const bundle = (name: string, ...pems: string[]): AnyObject => ({
    metadata: { name, namespace: "trust" },
    // Other line breaks than the output has, and something around it.
    data: { "agent.sh": "#!/bin/sh\n", "r.ca.crt": pems.map((pem) => `# root\r\n${pem.trim()}\r\n`).join("\n") },
});
const secret = (leaf: string, time: string): AnyObject => ({
    metadata: { name: "image-registry-certs", namespace: "kube-infra", managedFields: [{ time }] },
    data: { "tls.crt": base64(leaf) },
});
const settled = "2030-01-01T11:00:00Z";

function clusterWith(objects: Record<string, AnyObject[]>): Cluster {
    const list = (kind: ApiKind, namespace?: string): Promise<AnyObject[]> =>
        Promise.resolve(
            (objects[kind.plural] ?? []).filter(
                ({ metadata }) => namespace === undefined || metadata?.namespace === namespace,
            ),
        );
    return {
        hasNamespace: () => Promise.resolve(true),
        list,
        read: async (kind, namespace, name) =>
            (await list(kind, namespace)).find(({ metadata }) => metadata?.name === name),
        refusal: () => Promise.resolve(undefined),
    };
}

/** Two nodes whose agents have written a bundle with both roots, and a registry whose certificate the first has signed. */
function site(more: Record<string, AnyObject[]> = {}): Cluster {
    return clusterWith({
        nodes: [node("node1"), node("node2")],
        daemonsets: [daemonSet],
        pods: [agent("node1", "trust-both", 0), agent("node2", "trust-both", 0)],
        configmaps: [bundle("trust-one", one.certificate), bundle("trust-both", one.certificate, two.certificate)],
        secrets: [secret(leafOf(one), settled)],
        ...more,
    });
}

const had = (ca?: GenerationsArgs, mode = "own"): RegistryBefore => ({
    namespace: "kube-infra",
    objectName: "image-registry",
    certificate: { mode, ...(ca === undefined ? {} : { ca }) },
});
const wants = (ca: GenerationsArgs, more: Partial<Rotation> = {}): Rotation => ({
    mode: "own",
    ca,
    roots,
    trustNamespace: "trust",
    ...more,
});
const both = { trusted: [1, 2], signing: 1 };
const moved = { trusted: [1, 2], signing: 2 };

async function problems(cluster: Cluster, rotation: Rotation, before: RegistryBefore): Promise<string[]> {
    return (await judgeRotation(cluster, rotation, before, now)).problems;
}

describe("the guard before signing moves", () => {
    it("lets it move when every node shows the new root", async () => {
        assert.deepEqual(await judgeRotation(site(), wants(moved), had(both), now), { problems: [], warnings: [] });
    });

    it("asks nothing while signing stays, or where the authority is somebody else's", async () => {
        const silent: Cluster = clusterWith({});
        assert.deepEqual(await problems(silent, wants(both), had({ trusted: [1], signing: 1 })), []);
        assert.deepEqual(await problems(silent, wants(both), had()), []);
        assert.deepEqual(await problems(silent, wants(moved), had(undefined, "given")), []);
        assert.deepEqual(await problems(silent, wants(moved, { mode: "given" }), had(both)), []);
    });

    const lag: [string, Record<string, AnyObject[]>, RegExp][] = [
        [
            "has written another bundle",
            { pods: [agent("node1", "trust-both", 0), agent("node2", "trust-one", 0)] },
            /1 of 2 nodes do not show the root of generation 2: node2 \(its agent has written trust-one\); wait/,
        ],
        [
            "has not written it, and why",
            { pods: [agent("node1", "trust-both", 0), agent("node2", "trust-both")] },
            /node2 \(its agent agent-node2 has not written its bundle \(apply: ErrImagePull\)\)/,
        ],
        [
            "failed to write it",
            { pods: [agent("node1", "trust-both", 0), agent("node2", "trust-both", 1)] },
            /node2 \(.*apply: ended with 1/,
        ],
        [
            "names a bundle that is gone",
            { pods: [agent("node1", "trust-both", 0), agent("node2", "trust-gone", 0)] },
            /node2 \(its agent has written trust-gone\)/,
        ],
        ["has no agent", { pods: [agent("node1", "trust-both", 0)] }, /node2 \(no agent runs on it\)/],
        [
            "is not ready, and says so",
            { nodes: [node("node1"), node("node2", linux, "Unknown")], pods: [agent("node1", "trust-both", 0)] },
            /node2 \(NotReady, no agent runs on it\)/,
        ],
        [
            "has a newer agent that has not written yet",
            {
                pods: [
                    agent("node1", "trust-both", 0),
                    agent("node2", "trust-both", undefined, "2030-01-01T11:00:00Z"),
                    agent("node2", "trust-both", 0),
                ],
            },
            /node2 \(its agent/,
        ],
    ];
    for (const [what, objects, line] of lag) {
        it(`names a node that ${what}`, async () => {
            const found = await problems(site(objects), wants(moved), had(both));
            assert.equal(found.length, 1);
            assert.match(found[0] ?? "", /^registry\.certificate\.ca\.signing: is 2, was 1; /);
            assert.match(found[0] ?? "", line);
            assert.equal(found[0]?.includes("node1"), false);
        });
    }

    it("does not wait for nodes that no agent is for", async () => {
        const windows = node("node3", { "kubernetes.io/os": "windows" });
        const cluster = site({ nodes: [node("node1"), node("node2"), windows] });
        assert.deepEqual(await problems(cluster, wants(moved), had(both)), []);
    });

    it("takes a bundle in a Secret, and every pool's agent", async () => {
        const pods = ["node1", "node2"].map((name) => {
            const pod = agent(name, "unused", 0);
            return { ...pod, spec: { nodeName: name, volumes: [{ secret: { secretName: "trust-secret" } }] } };
        });
        const data = { "r.ca.crt": base64(two.certificate) };
        const held = { metadata: { name: "trust-secret", namespace: "trust" }, data };
        assert.deepEqual(await problems(site({ pods, secrets: [held] }), wants(moved), had(both)), []);
        const pool = { ...daemonSet, spec: { template: { spec: { nodeSelector: { pool: "gpu" } } } } };
        const nodes = [node("node1"), node("node2"), node("node3", { pool: "gpu" })];
        const found = await problems(site({ nodes, daemonsets: [daemonSet, pool] }), wants(moved), had(both));
        assert.match(found[0] ?? "", /1 of 3 nodes .*: node3 \(no agent/);
    });

    it("names twenty nodes and counts the rest", async () => {
        const nodes = Array.from({ length: 25 }, (_, index) => node(`n${index.toString()}`));
        const [line = ""] = await problems(site({ nodes, pods: [] }), wants(moved), had(both));
        assert.match(line, /25 of 25 nodes .* n19 \(no agent runs on it\) and 5 more;/);
    });

    it("does not take the absence of agents for consent, and warns where nobody was to show anything", async () => {
        const [line = ""] = await problems(site({ daemonsets: [], pods: [] }), wants(moved), had(both));
        assert.match(line, /there is no agent in the namespace trust/);
        const { problems: none, warnings } = await judgeRotation(
            clusterWith({}),
            wants(moved, { trustNamespace: undefined }),
            had(both),
            now,
        );
        assert.deepEqual(none, []);
        assert.match(warnings[0] ?? "", /without a `nodeTrust` section nobody shows what machines trust/);
    });

    it("refuses a root that it does not know", async () => {
        const known = { "1": one.certificate };
        const [line = ""] = await problems(site(), wants(moved, { roots: known }), had(both));
        assert.match(line, /no update that ended well has trusted 2: first trust 2 beside 1/);
    });
});

describe("the guard before a root goes", () => {
    const last = { trusted: [2], signing: 2 };
    const secrets = (leaf: string, time = settled): Record<string, AnyObject[]> => ({ secrets: [secret(leaf, time)] });

    it("lets it go when a root that stays has signed what the registry shows", async () => {
        assert.deepEqual(await problems(site(secrets(leafOf(two))), wants(last), had(moved)), []);
        // A generation that was never used is given up the same way, known or not.
        const first = wants({ trusted: [1], signing: 1 }, { roots: { "1": one.certificate } });
        assert.deepEqual(await problems(site(), first, had(both)), []);
    });

    it("keeps the root of the certificate that is shown", async () => {
        const [line = ""] = await problems(site(), wants(last), had(moved));
        assert.match(
            line,
            /^registry\.certificate\.ca\.trusted: is \[2\], was \[1, 2\]; the certificate in the Secret/,
        );
        assert.match(line, /kube-infra\/image-registry-certs is signed by generation 1: keep it/);
    });

    it("waits until every pod shows the new certificate", async () => {
        const fresh = secrets(leafOf(two), "2030-01-01T11:59:30Z");
        const [line = ""] = await problems(site(fresh), wants(last), had(moved));
        assert.match(line, /its pods may still show the one before: run again in 90 seconds/);
    });

    it("does not take a Secret that is not there for one that is not in use", async () => {
        for (const gone of [[], [secret("no certificate", settled)]]) {
            const [line = ""] = await problems(site({ secrets: gone }), wants(last), had(moved));
            assert.match(line, /shows no certificate, so nobody knows which root is in use/);
        }
        const renamed = { ...had(moved), objectNames: { certs: "tls" } };
        const [line = ""] = await problems(site(secrets(leafOf(two))), wants(last), renamed);
        assert.match(line, /the Secret kube-infra\/tls shows no certificate/);
    });
});

describe("what a node shows", () => {
    it("is what its newest agent wrote, with the bundle's name", async () => {
        const [first, second] = (await nodeEvidence(site(), "trust")) ?? [];
        assert.deepEqual([first?.node, first?.ready, first?.bundle], ["node1", true, "trust-both"]);
        assert.equal(second?.roots.size, 2);
        assert.equal(await nodeEvidence(clusterWith({}), "trust"), undefined);
    });
});
