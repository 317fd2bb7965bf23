import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";

import { receiptOf, type Found } from "../../plugin/receipts/receipt.ts";
import { lacking, machinesIn, servedBy, trustIn } from "../../tools/status/deployed.ts";
import { nextStep, type RotationState } from "../../tools/status/nextStep.ts";
import { machineLine, nodeStatus, table } from "../../tools/status/table.ts";
import { makeCertificate } from "../support/certificateMaker.ts";

describe("the next step of a rotation", () => {
    const all = [{ node: "a", ready: true, current: true }];
    const step = (change: Partial<RotationState>): string =>
        nextStep({ trusted: [1], signing: 1, servedBy: 1, nodes: all, ...change });

    it("goes round: trust two, sign with the new one, drop the old one", () => {
        assert.match(step({}), /Nothing is under way\. .*trusted to \[1, 2\]/);
        assert.match(step({ trusted: [1, 2] }), /Every node trusts generation 2: set .*signing to 2/);
        assert.match(step({ trusted: [1, 2], signing: 2 }), /Run pulumi up: .*of generation 1, .*one of 2/);
        assert.match(step({ trusted: [1, 2], signing: 2, servedBy: 2 }), /trusted to \[2\]/);
        assert.match(step({ trusted: [2], signing: 2, servedBy: 2 }), /Nothing is under way\. .*trusted to \[2, 3\]/);
    });

    it("is to wait for every node that lags, Ready or not", () => {
        const nodes = [...all, { node: "b", ready: true, current: false }, { node: "c", ready: false, current: false }];
        assert.match(
            step({ trusted: [1, 2], nodes }),
            /^Wait: b, c \(not Ready\) have not the bundle with generations 1 and 2/,
        );
        assert.match(step({ trusted: [1, 2], signing: 2, nodes }), /^Wait: /);
        assert.match(step({ nodes }), /^Mend b, c \(not Ready\)/);
    });

    it("does not need to know who signed what is served", () => {
        assert.match(step({ servedBy: undefined }), /Nothing is under way/);
    });
});

describe("what a state tells of the trust", () => {
    it("is where the agents are, and who signed what the registry serves", () => {
        const [first, second] = ["CA 1", "CA 2"].map((name) => makeCertificate({ name, ca: true }));
        const state = {
            deployment: {
                resources: [
                    {
                        type: "pulumi:pulumi:Stack",
                        outputs: { certificateAuthorities: { "1": first?.certificate, "2": second?.certificate } },
                    },
                    { type: "siteregistry:index:NodeTrustReceipts", delete: true, inputs: { namespace: "old" } },
                    { type: "siteregistry:index:NodeTrustReceipts", inputs: { namespace: "trust" } },
                    {
                        type: "tls:index/locallySignedCert:LocallySignedCert",
                        outputs: {
                            certPem: makeCertificate({ name: "registry", ...(second && { issuer: second }) })
                                .certificate,
                        },
                    },
                ],
            },
        };
        assert.equal(trustIn(state)?.namespace, "trust");
        assert.equal(servedBy(state), 2);
        assert.equal(trustIn({}), undefined);
        assert.equal(servedBy({}), undefined);
    });
});

describe("machines over SSH in the status", () => {
    const [first, second] = ["CA 1", "CA 2"].map((name) => makeCertificate({ name, ca: true }).certificate);
    const outputs = {
        certificateAuthorities: { "1": first, "2": second },
        machines: [
            {
                host: "new",
                bundle: "b2",
                roots: [first, second].map((pem) => new X509Certificate(pem ?? "").fingerprint256),
            },
            { host: "old", bundle: "b1" },
        ],
    };
    const state = { deployment: { resources: [{ type: "pulumi:pulumi:Stack", outputs }] } };

    it("lag where the last update did not show a trusted root", () => {
        const found = machinesIn(state).map((one) => lacking(one, [1, 2], state));
        assert.deepEqual(found, [[], [1, 2]]);
        assert.deepEqual(machinesIn({}), []);
    });

    it("are a line each", () => {
        assert.equal(
            machineLine({ host: "old", bundle: "b1", lacks: [2] }),
            "machine old: had the bundle b1 at the last pulumi up, and does not show the root of generation 2",
        );
        assert.equal(
            machineLine({ host: "new", bundle: "b2", lacks: [] }),
            "machine new: had the bundle b2 at the last pulumi up",
        );
    });
});

describe("the table of the nodes", () => {
    it("has a line for each node, and its warnings below", () => {
        const node = { name: "a", ready: true, runtime: "containerd://1.7.24", labels: {}, taints: [] };
        const pool = { name: "agent", uid: "1", pool: "default", revision: "x", wants: () => true };
        const found: Found = { status: "applied", done: true, bundle: "b1", warnings: ["a colon list"] };
        const late: Found = { status: "failed", done: false, cause: "the disk is full" };
        const nodes = [
            receiptOf(node, pool, found),
            receiptOf({ ...node, name: "long-name", ready: false }, pool, late),
        ];
        assert.deepEqual(table(nodes.map(nodeStatus)).split("\n"), [
            "NODE       READY  POOL     RUNTIME            BUNDLE  STATUS   CAUSE",
            "a          yes    default  containerd 1.7.24  b1      applied",
            "long-name  no     default  containerd 1.7.24  -       failed   the disk is full",
            "warning: a: a colon list",
        ]);
    });
});
