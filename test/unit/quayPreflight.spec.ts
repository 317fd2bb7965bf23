import assert from "node:assert/strict";

import type { AnyObject, Cluster } from "../../components/preflight/cluster.ts";
import { quayConflicts, type QuayClaim } from "../../components/preflight/quay.ts";

const namespace = "quay-registry";
const operator = {
    package: "project-quay",
    source: "community-operators",
    sourceNamespace: "openshift-marketplace",
    channel: "stable-3.17",
};

const manifest = (name: string): AnyObject => ({
    metadata: { name },
    status: { catalogSource: "community-operators", channels: [{ name: "stable-3.17" }] },
});

/** What an OKD cluster has, by plural; `undefined` for a kind that it does not serve. */
const usual = (): Record<string, AnyObject[] | undefined> => ({
    routes: [],
    ingresses: [{ metadata: { name: "cluster" }, spec: { domain: "apps.okd.test" } }],
    subscriptions: [],
    operatorgroups: [],
    packagemanifests: [manifest("project-quay")],
});

async function objections(
    objects: Record<string, AnyObject[] | undefined>,
    claim: Partial<QuayClaim>,
    { before, taken = false }: { before?: object; taken?: boolean } = {},
): Promise<string> {
    const all = { ...usual(), ...objects };
    const asked: Cluster = {
        hasNamespace: () => Promise.resolve(taken),
        list: (kind) => Promise.resolve(all[kind.plural]),
        read: () => Promise.resolve(undefined),
        refusal: () => Promise.resolve(undefined),
    };
    const whole = { namespace, createNamespace: true, ownCertificate: false, objectClaim: false, operator, ...claim };
    return (await quayConflicts(asked, whole, before)).join("\n");
}

describe("what stands against a Quay", () => {
    it("is nothing on a usual cluster", async () => {
        assert.equal(await objections({}, {}), "");
        assert.equal(await objections({}, { host: "quay.apps.okd.test" }), "");
        assert.equal(await objections({}, {}, { before: {}, taken: true }), "");
    });

    it("is a host outside the ingress domain without a certificate, and one that another has", async () => {
        const far = { host: "quay.site.test" };
        assert.match(await objections({}, far), /^quay\.host: is quay\.site\.test, .* set quay\.tls to own/);
        assert.equal(await objections({}, { ...far, ownCertificate: true }), "");
        const routes = [{ metadata: { namespace: "other", name: "web" }, spec: { host: "quay.apps.okd.test" } }];
        assert.match(
            await objections({ routes }, { host: "quay.apps.okd.test" }),
            /^quay\.host: .*which the route other\/web has/,
        );
    });

    it("is an OLM without the package or the channel, or none", async () => {
        assert.match(
            await objections({ packagemanifests: [manifest("other")] }, {}),
            /^quay\.operator\.package: is project-quay, which the catalogue .* does not have/,
        );
        assert.match(
            await objections({}, { operator: { ...operator, channel: "stable-9" } }),
            /^quay\.operator\.channel: is stable-9; the package has stable-3\.17/,
        );
        assert.match(await objections({ subscriptions: undefined }, {}), /^quay\.operator: .*it has no OLM/);
        assert.match(await objections({}, { operator: undefined }), /^quay\.operator: is missing/);
    });

    it("is a namespace of somebody else, or one with an OperatorGroup", async () => {
        assert.match(await objections({}, {}, { taken: true }), /^quay\.namespace: is "quay-registry"/);
        const operatorgroups = [{ metadata: { namespace, name: "theirs" } }];
        assert.match(
            await objections({ operatorgroups }, { createNamespace: false }),
            /^quay\.namespace: .*has the OperatorGroup theirs already/,
        );
    });

    it("is object storage that the cluster does not give, and a cluster that is no OKD", async () => {
        assert.match(await objections({}, { objectClaim: true }), /^quay\.storage\.kind: .*objectbucket\.io/);
        assert.match(await objections({ routes: undefined }, {}), /^quay: .*it is no OKD$/);
    });
});
