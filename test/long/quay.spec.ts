import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import { eventually } from "../../lab/machines/command.ts";
import { connect } from "../../components/preflight/cluster.ts";
import { quayConflicts } from "../../components/preflight/quay.ts";
import type { KubeObject } from "../../plugin/copier/apiServer.ts";
import { PluginClient } from "../support/pluginClient.ts";
import { groups, olm, QuaySite, registries } from "../quay/site.ts";

const csv = (version: string): string => `quay-operator.v${version}`;

describe("a Quay by its operator, from one update to the next", () => {
    let site: QuaySite;

    before(async function () {
        this.timeout(360_000);
        site = await QuaySite.start("quay-long", { definitions: ["packagemanifests"] });
        for (const name of ["project-quay", "other"])
            await site.cluster.put(
                `/apis/packages.operators.coreos.com/v1/namespaces/openshift-config/packagemanifests/${name}`,
                {
                    ...{ apiVersion: "packages.operators.coreos.com/v1", kind: "PackageManifest" },
                    metadata: { name, namespace: "openshift-config" },
                    status: { catalogSource: "community-operators", channels: [{ name: "stable-3.17" }] },
                },
            );
    });
    after(() => site.stop());

    const versions = async (): Promise<string[]> =>
        (await site.cluster.api.list(`${olm}/clusterserviceversions`)).items.map(({ metadata }) => metadata.name);

    const running = async (): Promise<unknown> =>
        ((await site.cluster.get(`${registries}/site`)).status as { currentVersion?: string }).currentVersion;

    it("is refused by key before anything is made: host, package, channel, object storage, a namespace with an OperatorGroup", async () => {
        const group = { apiVersion: "operators.coreos.com/v1", kind: "OperatorGroup" };
        const theirs: KubeObject = { ...group, metadata: { name: "theirs", namespace: "quay-registry" }, spec: {} };
        await site.cluster.put(`${groups}/theirs`, theirs);
        const said = await site.refused((section) => {
            section.host = "quay.elsewhere.test";
            section.operator = { package: "quay-operator", startingCSV: csv("3.17.0") };
        });
        await site.cluster.api.send("DELETE", `${groups}/theirs`);
        for (const expected of [
            /quay\.host: is quay\.elsewhere\.test, which the router's certificate for \*\.apps\.okd\.site\.test does not name/,
            /quay\.namespace: is quay-registry, which has the OperatorGroup theirs already; OLM allows one: choose another/,
            /quay\.operator\.package: is quay-operator, which the catalogue openshift-marketplace\/community-operators does not have/,
        ])
            assert.match(said, expected);
        const claim = { namespace: "quay-registry", createNamespace: false, ownCertificate: false, objectClaim: true };
        const catalogue = { source: "community-operators", sourceNamespace: "openshift-marketplace" };
        const operator = { package: "project-quay", channel: "stable-3.99", ...catalogue };
        const more = await quayConflicts(await connect(site.cluster.kubeconfig), { ...claim, operator }, undefined);
        assert.equal(more.length, 2);
        assert.match(
            more[0] ?? "",
            /^quay\.storage\.kind: is objectClaim, and the cluster does not know objectbucket\.io/,
        );
        assert.match(more[1] ?? "", /^quay\.operator\.channel: is stable-3\.99; the package has stable-3\.17/);
        assert.deepEqual((await site.cluster.api.list(`${olm}/subscriptions`)).items, []);
    });

    it("says in OLM's words that there are two OperatorGroups", async () => {
        await site.succeed(["up", "--yes", "--skip-preview"]);
        const name = "second";
        await site.cluster.put(`${groups}/${name}`, {
            ...{ apiVersion: "operators.coreos.com/v1", kind: "OperatorGroup" },
            ...{ metadata: { name, namespace: "quay-registry" }, spec: {} },
        });
        await site.cluster.put(`${olm}/subscriptions/${name}`, {
            ...{ apiVersion: "operators.coreos.com/v1alpha1", kind: "Subscription" },
            metadata: { name, namespace: "quay-registry" },
            spec: { name: "project-quay", source: "community-operators", sourceNamespace: "openshift-marketplace" },
        });
        const plugin = await PluginClient.start("QuayOperator", site.cluster.kubeconfig);
        const wanted = { package: "project-quay", channel: "stable-3.17", approval: "Automatic", timeoutSeconds: 15 };
        await assert.rejects(
            plugin.create({ ...wanted, namespace: "quay-registry", subscription: name }),
            (error: Error) =>
                /is Failed \(TooManyOperatorGroups: .*multiple operatorgroups/.test(
                    PluginClient.partial(error).message,
                ),
        );
        plugin.stop();
        for (const path of [`${groups}/${name}`, `${olm}/subscriptions/${name}`])
            await site.cluster.api.send("DELETE", path);
        await site.succeed(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
    });

    it("waits until the pods use a changed bundle, and makes no user again", async () => {
        site.change((section) => {
            section.config = { REGISTRY_TITLE: "Site" };
        });
        await site.succeed(["up", "--yes", "--skip-preview"]);
        assert.equal((await site.bundle()).REGISTRY_TITLE, "Site");
        assert.deepEqual(site.operators.flags, [false, true, false]);
        assert.match(await site.podsHave("config.yaml"), /REGISTRY_TITLE: Site/);
        await site.succeed(["preview", "--expect-no-changes"]);
    });

    it("stays in its version until another one is named, and is waited for until it runs in that one", async () => {
        site.operators.olm.channel.push(csv("3.17.1"));
        await sleep(2_000);
        await site.succeed(["preview", "--expect-no-changes"]);
        assert.deepEqual(await versions(), [csv("3.17.0")]);
        site.change((section) => {
            section.operator = { channel: "stable-3.17", startingCSV: csv("3.17.1") };
        });
        await site.succeed(["up", "--yes", "--skip-preview"]);
        assert.equal((await site.succeed(["stack", "output", "quayVersion"])).trim(), "3.17.1");
        assert.deepEqual(await versions(), [csv("3.17.1")]);
        await site.succeed(["preview", "--expect-no-changes"]);
    });

    it("is found by a refresh in the version to which OLM has brought it meanwhile, which goes at the end", async () => {
        site.operators.olm.channel.push(csv("3.17.2"));
        const plan = async (): Promise<KubeObject | undefined> =>
            (await site.cluster.api.list(`${olm}/installplans`)).items.find(({ spec }) =>
                JSON.stringify(spec).includes(csv("3.17.2")),
            );
        await eventually("the plan of the upgrade", 20, async () => (await plan()) !== undefined);
        const { name = "" } = (await plan())?.metadata ?? {};
        const approved = { spec: { approved: true } };
        const headers = { "content-type": "application/merge-patch+json" };
        await site.cluster.api.send("PATCH", `${olm}/installplans/${name}`, approved, headers);
        await eventually("the upgrade", 20, async () => (await running()) === "3.17.2");
        await site.succeed(["refresh", "--yes", "--skip-preview"]);
        await site.succeed(["up", "--yes", "--skip-preview"]);
        assert.equal((await site.succeed(["stack", "output", "quayVersion"])).trim(), "3.17.2");
        await site.succeed(["destroy", "--yes", "--skip-preview"]);
        assert.deepEqual(await versions(), []);
    });
});
