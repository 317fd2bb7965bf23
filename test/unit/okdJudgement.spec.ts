import assert from "node:assert/strict";

import type { KubeObject } from "../../plugin/copier/apiServer.ts";
import { judge } from "../../plugin/okd/judgement.ts";
import { rootsIn } from "../../plugin/okd/routerRoots.ts";
import { keyOf } from "../../plugin/okd/trustedCertificates.ts";
import { makeCertificate } from "../support/certificateMaker.ts";

const condition = (type: string, status: string, reason: string, message = ""): object => ({
    ...{ type, status, reason, message },
});
const ready = [
    condition("Available", "True", "Ready"),
    condition("Progressing", "False", "Ready"),
    condition("Degraded", "False", "AsExpected"),
];
const config = (conditions: object[], spec: object = { managementState: "Managed" }, observed = 2): KubeObject => ({
    metadata: { name: "cluster", generation: 2 },
    spec,
    status: { observedGeneration: observed, conditions },
});
const route = (name: string, host: string, admitted: object | undefined): KubeObject => ({
    metadata: { name, annotations: { "imageregistry.openshift.io": "true" } },
    spec: { host },
    status: { ingress: admitted === undefined ? [] : [{ host, conditions: [admitted] }] },
});
const none = { defaultRoute: false, routes: [] };
const both = { defaultRoute: true, routes: [{ name: "site", host: "registry.site.test" }] };
const admitted = condition("Admitted", "True", "");

describe("the registry of an OKD cluster, judged by its operator's words", () => {
    it("is ready with the reason Ready and every route taken, and tells the hosts", () => {
        const routes = [
            route("default-route", "default.apps.test", admitted),
            route("site", "registry.site.test", admitted),
        ];
        assert.deepEqual(judge(config(ready), routes, both), {
            state: "ready",
            hosts: { "default-route": "default.apps.test", site: "registry.site.test" },
        });
    });

    it("is not ready when it is Removed, although Available is True then", () => {
        const removed = [condition("Available", "True", "Removed"), condition("Progressing", "False", "Removed")];
        const found = judge(config(removed, { managementState: "Removed" }), [], none);
        assert.equal(found.state, "failing");
        assert.match(JSON.stringify(found), /managementState is Removed.*set okd\.management/);
        assert.equal(judge(config(removed), [], none).state, "waiting");
    });

    it("fails where the state is missing or Unmanaged: the operator does nothing then", () => {
        for (const spec of [{}, { managementState: "Unmanaged" }]) {
            assert.equal(judge(config(ready, spec), [], none).state, "failing");
        }
    });

    it("believes no word that is older than the change", () => {
        const broken = [condition("Degraded", "True", "StorageNotConfigured")];
        assert.equal(judge(config(broken, undefined, 1), [], none).state, "waiting");
    });

    for (const reason of [
        "StorageNotConfigured",
        "VerificationFailed",
        "RouteDegraded",
        "ProgressDeadlineExceeded",
        "Unavailable",
    ]) {
        it(`fails with ${reason}, in the operator's words and with a remedy`, () => {
            const found = judge(
                config([...ready.slice(0, 2), condition("Degraded", "True", reason, "its words")]),
                [],
                none,
            );
            assert.equal(found.state, "failing");
            assert.match(JSON.stringify(found), new RegExp(`Degraded is True \\(${reason}: its words\\)\\. .{20}`));
        });
    }

    it("waits with fewer pods than wanted, and while it goes on", () => {
        const few = [condition("Available", "True", "MinimumAvailability"), ...ready.slice(1)];
        assert.equal(judge(config(few), [], none).state, "waiting");
        const going = [ready[0] ?? {}, condition("Progressing", "True", "DeploymentNotCompleted"), ready[2] ?? {}];
        assert.equal(judge(config(going), [], none).state, "waiting");
        assert.equal(judge(config([]), [], none).state, "waiting");
    });

    it("waits for a route that is not there, has no host, an old one, or that no router has taken", () => {
        const wanted = { defaultRoute: false, routes: both.routes };
        const foreign = { ...route("site", "registry.site.test", admitted), metadata: { name: "site" } };
        for (const routes of [
            [],
            [foreign],
            [route("site", "", admitted)],
            [route("site", "old.site.test", admitted)],
            [route("site", "registry.site.test", undefined)],
        ]) {
            assert.equal(judge(config(ready), routes, wanted).state, "waiting");
        }
    });

    it("waits for a route that has another certificate than the one that it is to have", () => {
        const wanted = {
            defaultRoute: false,
            routes: [{ name: "site", host: "registry.site.test", certificate: "new" }],
        };
        const having = (certificate: string): KubeObject => {
            const found = route("site", "registry.site.test", admitted);
            return { ...found, spec: { host: "registry.site.test", tls: { certificate } } };
        };
        assert.match(
            JSON.stringify(judge(config(ready), [having("old")], wanted)),
            /waiting.*has not got its certificate yet/,
        );
        assert.equal(judge(config(ready), [having("new\n")], wanted).state, "ready");
    });

    it("fails where the router refuses the host", () => {
        const refused = condition("Admitted", "False", "HostAlreadyClaimed", "another has it");
        const found = judge(config(ready), [route("site", "registry.site.test", refused)], {
            ...both,
            defaultRoute: false,
        });
        assert.equal(found.state, "failing");
        assert.match(
            JSON.stringify(found),
            /registry\.site\.test: Admitted is False \(HostAlreadyClaimed: another has it\)/,
        );
    });
});

describe("what clients believe of an OKD cluster's router", () => {
    const authority = makeCertificate({ name: "router ca", ca: true });
    const leaf = makeCertificate({ name: "wildcard", issuer: authority, names: ["*.apps.test"] });

    it("is the authority in the chain, once", () => {
        const chain = leaf.certificate + authority.certificate + authority.certificate;
        assert.equal(rootsIn(chain)?.trim(), authority.certificate.trim());
    });

    it("is the certificate itself where no authority is with it", () => {
        assert.equal(rootsIn(leaf.certificate)?.trim(), leaf.certificate.trim());
    });

    it("is nothing where there is no certificate, and never a key", () => {
        assert.equal(rootsIn("no certificate"), undefined);
        assert.equal(rootsIn(leaf.key), undefined);
        assert.ok(!(rootsIn(leaf.key + authority.certificate) ?? "").includes("PRIVATE KEY"));
    });

    it("has a key without a colon", () => {
        assert.equal(keyOf("registry.site.test:5000"), "registry.site.test..5000");
        assert.equal(keyOf("registry.site.test"), "registry.site.test");
    });
});
