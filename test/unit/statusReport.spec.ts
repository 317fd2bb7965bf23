import assert from "node:assert/strict";

import { certificatesIn } from "../../tools/status/certificates.ts";
import { driftIn } from "../../tools/status/drift.ts";
import { harborIn, proofsIn } from "../../tools/status/evidence.ts";
import { page } from "../../tools/status/page.ts";
import { pictureOf } from "../../tools/status/picture.ts";
import { problemsOf } from "../../tools/status/siteStatus.ts";
import { asText } from "../../tools/status/text.ts";
import { exampleRows, exampleStatus } from "../support/exampleStatus.ts";

const stateOf = (...resources: unknown[]) => ({ deployment: { resources } });
const none = { nodes: [], machines: [], certificates: [], proof: [] };

describe("what a state tells of certificates", () => {
    const now = Date.parse("2027-01-01T00:00:00Z");
    const leaf = (validityEndTime: string, change = {}) => ({
        urn: "urn:pulumi:dev::siteregistry::x::registry-server",
        type: "tls:index/locallySignedCert:LocallySignedCert",
        outputs: { validityEndTime, earlyRenewalHours: 48 },
        ...change,
    });
    const stateAt = (end: string) => certificatesIn(stateOf(leaf(end)), now)[0]?.state;

    it("is valid, due inside the window of its renewal, and ended after", () => {
        assert.equal(stateAt("2027-01-03T00:00:01Z"), "valid");
        assert.equal(stateAt("2027-01-03T00:00:00Z"), "due");
        assert.equal(stateAt("2027-01-01T00:00:00Z"), "ended");
    });

    it("is also the end of what was given, and not of what is about to go", () => {
        const stack = {
            type: "pulumi:pulumi:Stack",
            outputs: { certificateExpiry: "2028-01-01T00:00:00Z", authorityExpiry: { ciphertext: "x" } },
        };
        const seen = certificatesIn(stateOf(stack, leaf("2027-06-01T00:00:00Z", { delete: true })), now);
        assert.deepEqual(seen, [
            { name: "server certificate", end: "2028-01-01T00:00:00Z", days: 365, state: "valid" },
        ]);
    });
});

describe("what a state tells of proof and Harbor", () => {
    it("is where the proof is", () => {
        const inputs = { namespace: "proof", daemonSet: "proof-pull" };
        assert.deepEqual(proofsIn(stateOf({ type: "siteregistry:index:PullReceipts", inputs })), [inputs]);
    });

    it("is each rule with its last run", () => {
        const state = stateOf(
            { type: "siteregistry:index:HarborRule", id: "7", inputs: { name: "redis", mode: "pull" } },
            { type: "siteregistry:index:HarborRule", id: "8", inputs: { name: "other", mode: "push", enabled: false } },
            {
                type: "siteregistry:index:HarborRun",
                inputs: { rule: "7" },
                outputs: {
                    status: "Failed",
                    repositories: ["a"],
                    compared: [{ image: "a:1", source: "sha256:1", destination: "sha256:2" }],
                },
            },
        );
        const harbor = harborIn(state);
        assert.ok(harbor !== undefined);
        assert.deepEqual(
            harbor.rules.map(({ name, run, enabled, unequal }) => [name, run, enabled, unequal]),
            [
                ["redis", "Failed", true, ["a:1"]],
                ["other", "", false, []],
            ],
        );
        assert.equal(problemsOf({ ...none, harbor }).length, 2);
        assert.equal(harborIn(stateOf()), undefined);
    });
});

describe("what a refresh would change", () => {
    it("is every step that is more than a look", () => {
        const step = (op: string, name: string) => ({
            op,
            urn: `urn:pulumi:dev::siteregistry::p$kubernetes:core/v1:ConfigMap::${name}`,
        });
        const steps = [step("refresh", "a"), step("same", "b"), step("update", "c"), step("delete", "d")];
        assert.deepEqual(driftIn(JSON.stringify({ steps })), [
            { resource: "kubernetes:core/v1:ConfigMap c", change: "update" },
            { resource: "kubernetes:core/v1:ConfigMap d", change: "delete" },
        ]);
    });

    it("is not taken for nothing when the answer is of another kind", () => {
        assert.throws(() => driftIn("{}"), /has no steps/);
    });
});

describe("what is to be done", () => {
    it("leaves out a node that is not Ready, and names what each other lacks", () => {
        const told = exampleStatus.problems.join("\n");
        assert.match(told, /node node2 does not trust the registry: the disk/);
        assert.match(told, /certificate registry-server ends at .* and is due/);
        assert.match(told, /registry-config is not as pulumi up left it \(update\): run pulumi up --refresh/);
        assert.equal(exampleStatus.problems.length, 3);
        assert.match(asText(exampleStatus), /^to do: node node2/m);
    });
});

describe("the picture", () => {
    it("has a box for what the state holds, and none for what is about to go", () => {
        const titles = exampleRows.map(({ boxes }) => boxes.map(({ title }) => title));
        assert.deepEqual(titles.slice(0, 4), [
            ["Clients outside"],
            ["IngressRouteTCP"],
            ["Registry", "Harbor", "OKD registry", "Quay", "Registry on bastion", "Registry on spare"],
            ["Storage (volume)"],
        ]);
        assert.equal(titles[4]?.length, 5);
    });

    it("says of each other kind of registry how it is", () => {
        const boxes = exampleRows.flatMap((row) => row.boxes);
        const said = (title: string) => {
            const found = boxes.find((one) => one.title === title);
            return [...(found?.lines ?? []), found?.mark];
        };
        // Its token for CI ended before the moment of the status.
        const inside = "inside image-registry.openshift-image-registry.svc:5000";
        assert.deepEqual(said("OKD registry"), [
            inside,
            "routes: 1",
            "image streams: 1",
            "tokens until 2026-12-01",
            "FAILED",
        ]);
        assert.deepEqual(said("Quay"), ["quay.apps.site.test", "version 3.17.0", "robots: 1", "OK"]);
        assert.deepEqual(said("Registry on bastion"), ["bastion.site.test:5000", "running", "OK"]);
        assert.deepEqual(said("Registry on spare"), ["192.0.2.12:5000", "stopped", "WAITING"]);
        assert.deepEqual(said("Future node node7"), ["trust applied", "has reached the registry", "OK"]);
        const reach = { hostNodes: [{ host: "node7", status: "applied" }], hostNodesReach: { node7: "unknown" } };
        const state = { deployment: { resources: [{ type: "pulumi:pulumi:Stack", outputs: reach }] } };
        const [future] = pictureOf(state, { ...exampleStatus, nodes: [], machines: [] }).slice(-1);
        assert.deepEqual(future?.boxes, [
            { title: "Future node node7", lines: ["trust applied", "reach unknown"], mark: "WAITING" },
        ]);
    });

    it("sums up many nodes, those that are not well first", () => {
        const [one] = exampleStatus.nodes;
        assert.ok(one);
        const proof = [{ node: "n499", ready: true, status: "failed", cause: "x" }];
        const nodes = Array.from({ length: 500 }, (_, index) => ({ ...one, node: `n${index.toString()}` }));
        const [boxes] = pictureOf({}, { ...exampleStatus, nodes, proof, machines: [] })
            .slice(-1)
            .map((row) => row.boxes);
        assert.equal(boxes?.length, 13);
        assert.equal(boxes[0]?.title, "Node n499");
        assert.deepEqual(boxes[12], { title: "488 more nodes", lines: ["488 of them OK"] });
    });
});

describe("the page", () => {
    const text = page(exampleStatus, exampleRows);

    it("holds texts of others as text", () => {
        assert.ok(!text.includes("<b>/etc"));
        assert.ok(text.includes("&#60;b&#62;/etc&#60;/b&#62; is &#34;full&#34; &#38; read-only"));
    });

    it("fetches nothing and runs nothing", () => {
        assert.doesNotMatch(text.replaceAll('xmlns="http://www.w3.org/2000/svg"', ""), /<script|https?:|src=|url\(/);
    });
});
