import assert from "node:assert/strict";

import type { KubeObject } from "../../plugin/copier/apiServer.ts";
import { judgeOperator, judgeQuay } from "../../plugin/quay/judgement.ts";
import { missingFields, olderThan } from "../../plugin/quay/readiness.ts";

type Given = [type: string, status: string, reason?: string, message?: string][];

const conditionsOf = (given: Given): object[] =>
    given.map(([type, status, reason = "", message = ""]) => ({ type, status, reason, message }));
const good: Given = [
    ["RolloutBlocked", "False"],
    ["ComponentsCreated", "True", "ComponentsCreationSuccess"],
    ["Available", "True", "HealthChecksPassing"],
];

function quay(conditions: Given, status: object = {}): KubeObject {
    const runs = { currentVersion: "3.17.0", registryEndpoint: "https://quay.site.test" };
    return { metadata: { name: "q" }, status: { ...runs, ...status, conditions: conditionsOf(conditions) } };
}

describe("the judgement of a Quay", () => {
    it("is ready only with all three conditions, a version and a host", () => {
        assert.deepEqual(judgeQuay(quay(good)), { state: "ready" });
        assert.equal(judgeQuay(quay(good, { currentVersion: "" })).state, "waiting");
        assert.equal(judgeQuay(quay(good, { registryEndpoint: undefined })).state, "waiting");
        for (let index = 0; index < good.length; index += 1)
            assert.equal(judgeQuay(quay(good.filter((_, at) => at !== index))).state, "waiting");
        assert.equal(judgeQuay({ metadata: { name: "q" } }).state, "waiting");
    });

    for (const reason of ["ConfigInvalid", "ComponentOverrideInvalid"]) {
        it(`fails with the operator's words at ${reason}`, () => {
            const judged = judgeQuay(quay([["RolloutBlocked", "True", reason, "the cause"], ...good.slice(1)]));
            assert.equal(judged.state, "failing");
            assert.match(JSON.stringify(judged), new RegExp(`${reason}: the cause.*mend what it names`));
        });
    }

    for (const reason of ["MigrationsFailed", "ObjectStorageComponentDependencyError", "PVCProvisioningFailed"]) {
        it(`fails at ${reason} of a component`, () => {
            const judged = judgeQuay(quay([...good, ["ComponentPostgresReady", "False", reason, "the cause"]]));
            assert.equal(judged.state, "failing");
        });
    }

    it("waits while migrations run, and says which components it waits for", () => {
        const judged = judgeQuay(
            quay([
                ...good.slice(0, 2),
                ["Available", "False", "ComponentNotReady"],
                ["ComponentQuayReady", "False", "MigrationsInProgress", "running database migrations"],
            ]),
        );
        assert.equal(judged.state, "waiting");
        assert.match(JSON.stringify(judged), /ComponentQuayReady is False \(MigrationsInProgress/);
    });

    it("knows which fields the pods have not got, without their values", () => {
        const rendered = "A: 1\nB:\n  host: x\n  more: y\nL: [a]\nDB_URI: operator\n";
        assert.deepEqual(missingFields(rendered, "A: 1\nB: {host: x}\nL: [a]\n"), []);
        assert.deepEqual(missingFields(rendered, "A: 2\nB: {host: z}\nL: [a, b]\nC: hunter2\n"), ["A", "B", "L", "C"]);
    });
});

describe("the version of a Quay", () => {
    const running = (currentVersion: string): KubeObject => ({ metadata: { name: "q" }, status: { currentVersion } });

    it("is waited for only where it is older than its operator's", () => {
        assert.equal(
            olderThan("quay-operator.v3.17.10", running("3.17.9")),
            "it runs in version 3.17.9, and its operator is of version 3.17.10",
        );
        assert.match(olderThan("quay-operator.v3.17.0", running("v3.16.4")) ?? "", /3\.16\.4/);
        // OLM has upgraded it since; a build of somebody's own; no operator of the stack's.
        for (const now of ["3.17.0", "3.17.1", "dev"])
            assert.equal(olderThan("quay-operator.v3.17.0", running(now)), undefined);
        assert.equal(olderThan(undefined, running("3.16.0")), undefined);
    });
});

describe("the judgement of Quay's operator", () => {
    const wanted = {
        package: "project-quay",
        channel: "stable-3.17",
        startingCSV: "quay-operator.v3.17.0",
        approval: "Manual",
    };
    const subscription = (status: object): KubeObject => ({ metadata: { name: "quay-operator" }, status });
    const plan = (names: string[], approved = false): KubeObject => ({
        metadata: { name: "install-x", namespace: "quay" },
        spec: { approved, clusterServiceVersionNames: names },
    });

    it("approves the one version, and no other", () => {
        const pending = subscription({ state: "UpgradePending" });
        assert.deepEqual(judgeOperator(wanted, pending, plan(["quay-operator.v3.17.0"]), undefined), {
            ...{ state: "approve", plan: "install-x" },
        });
        for (const names of [["quay-operator.v3.17.1"], ["quay-operator.v3.17.0", "other.v1.0.0"]]) {
            const judged = judgeOperator(wanted, pending, plan(names), undefined);
            assert.equal(judged.state, "failing");
            assert.match(JSON.stringify(judged), /set it to what the channel has, or approve the plan by hand/);
        }
    });

    it("fails where a newer version than the named one is there: OLM does not go back", () => {
        const installed = subscription({ state: "AtLatestKnown", installedCSV: "quay-operator.v3.17.10" });
        const judged = judgeOperator(
            { ...wanted, startingCSV: "quay-operator.v3.17.9" },
            installed,
            undefined,
            undefined,
        );
        assert.equal(judged.state, "failing");
        assert.match(
            JSON.stringify(judged),
            /startingCSV is the older quay-operator\.v3\.17\.9.*name the one that is there/,
        );
    });

    it("leaves an upgrade that nobody asked for alone", () => {
        const there = subscription({ state: "UpgradePending", installedCSV: "quay-operator.v3.17.0" });
        const version = { metadata: { name: "v" }, status: { phase: "Succeeded" } };
        assert.equal(judgeOperator(wanted, there, plan(["quay-operator.v3.17.1"]), version).state, "ready");
    });

    it("fails where OLM does not find the package, or the version fails", () => {
        const conditions = conditionsOf([
            ["ResolutionFailed", "True", "ConstraintsNotSatisfiable", "no operators found"],
        ]);
        const judged = judgeOperator(wanted, subscription({ conditions }), undefined, undefined);
        assert.match(
            JSON.stringify(judged),
            /failing.*OLM does not find project-quay, channel stable-3.17.*no operators/,
        );
        const failed = { metadata: { name: "v" }, status: { phase: "Failed", message: "the cause" } };
        const there = subscription({ installedCSV: "quay-operator.v3.17.0" });
        assert.match(JSON.stringify(judgeOperator(wanted, there, undefined, failed)), /failing.*is Failed.*the cause/);
    });
});
