import assert from "node:assert/strict";

import { PluginClient } from "../support/pluginClient.ts";
import { olm, QuaySite, registries, secrets } from "../quay/site.ts";

type Values = Record<string, unknown>;

/** A namespace that the played operators do not look at: conditions stay as the test writes them. */
const quiet = "apps";
const quietSecrets = secrets.replace("quay-registry", quiet);
const quietRegistries = registries.replace("quay-registry", quiet);
const unmanaged = [{ kind: "objectstorage", managed: false }];

describe("what Quay's operator says on an API server", () => {
    let site: QuaySite;
    let plugin: PluginClient;

    before(async function () {
        this.timeout(240_000);
        site = await QuaySite.start("quay-conditions");
        plugin = await PluginClient.start("QuayReadiness", site.cluster.kubeconfig);
    });
    after(async () => {
        plugin.stop();
        await site.stop();
    });

    const refusal = async (type: string, inputs: Values): Promise<string> => {
        let text = "";
        await assert.rejects(plugin.of(type).create(inputs), (error: Error) => {
            text = PluginClient.partial(error).message;
            return true;
        });
        return text;
    };
    const put = async (name: string, namespace: string, conditions?: object[]): Promise<Values> => {
        const bundle = `${name}-config-bundle`;
        const [places, ours] = namespace === quiet ? [quietSecrets, quietRegistries] : [secrets, registries];
        await site.cluster.put(`${places}/${bundle}`, {
            ...{ apiVersion: "v1", kind: "Secret", metadata: { name: bundle, namespace } },
            data: { "config.yaml": Buffer.from("TESTING: false\n").toString("base64") },
        });
        await site.cluster.put(`${ours}/${name}`, {
            ...{ apiVersion: "quay.redhat.com/v1", kind: "QuayRegistry", metadata: { name, namespace } },
            spec: { configBundleSecret: bundle, components: unmanaged },
            ...(conditions === undefined ? {} : { status: { conditions } }),
        });
        return { namespace, registry: name, bundle, timeoutSeconds: 30, routerRoots: true };
    };
    const times = { lastUpdateTime: "2026-11-21T00:00:00Z", lastTransitionTime: "2026-11-21T00:00:00Z" };

    it("ends a wait within seconds where it does not get better by itself, each with its remedy", async () => {
        const reasons: [type: string, status: string, reason: string, remedy: RegExp][] = [
            ["RolloutBlocked", "True", "ConfigInvalid", /mend what it names in quay\.config/],
            ["RolloutBlocked", "True", "ComponentOverrideInvalid", /mend what it names in quay\.components/],
            ["ComponentsCreated", "False", "ComponentCreationFailed", /mend what it names in quay\.components/],
            ["ComponentRouteReady", "False", "RouteComponentDependencyError", /set route to managed: false/],
            [
                "ComponentObjectStorageReady",
                "False",
                "ObjectStorageComponentDependencyError",
                /set quay\.storage\.kind to s3/,
            ],
            [
                "ComponentMonitoringReady",
                "False",
                "MonitoringComponentDependencyError",
                /set monitoring to managed: false/,
            ],
            ["ComponentQuayReady", "False", "MigrationsFailed", /look at the Job <name>-quay-app-upgrade/],
            ["ComponentPostgresReady", "False", "PostgresUpgradeFailed", /look at the Job of the upgrade/],
            ["ComponentPostgresReady", "False", "PVCProvisioningFailed", /set storageClassName/],
        ];
        const begun = Date.now();
        await Promise.all(
            reasons.map(async ([type, status, reason, remedy], index) => {
                const message = "in the operator's own words";
                const where = await put(`q${index.toString()}`, quiet, [{ type, status, reason, message, ...times }]);
                const said = await refusal("QuayReadiness", where);
                assert.match(said, /^Quay apps\/q\d cannot become ready: /);
                assert.ok(said.includes(`${type} is ${status} (${reason}: ${message})`), said);
                assert.match(said, remedy);
            }),
        );
        assert.ok(Date.now() - begun < 25_000, "it took longer than it should");
    });

    it("is waited for while it says nothing, or that something goes on", async () => {
        const pending = { type: "ComponentPostgresReady", status: "False", reason: "PVCPending", message: "unbound" };
        const where = await put("slow", quiet, [{ ...pending, ...times }]);
        assert.match(await refusal("QuayReadiness", { ...where, timeoutSeconds: 12 }), /is not ready after 12 s: /);
    });

    it("is the operator's verdict about a bundle that lacks what nobody manages, and the missing parts it adds itself", async () => {
        assert.match(
            await refusal("QuayReadiness", await put("broken", "quay-registry")),
            /objectstorage. marked as unmanaged, but .* is missing necessary fields/,
        );
        const { components } = (await site.cluster.get(`${registries}/broken`)).spec as { components: object[] };
        assert.equal(components.length, 11);
    });

    it("is OLM's where the catalogue has no such package", async () => {
        await site.cluster.put(`${olm}/subscriptions/ghost`, {
            ...{ apiVersion: "operators.coreos.com/v1alpha1", kind: "Subscription" },
            metadata: { name: "ghost", namespace: "quay-registry" },
            spec: { name: "quay-operator", source: "community-operators", sourceNamespace: "openshift-marketplace" },
        });
        const wanted = { package: "quay-operator", channel: "stable-3.17", approval: "Automatic", timeoutSeconds: 10 };
        assert.match(
            await refusal("QuayOperator", { ...wanted, namespace: "quay-registry", subscription: "ghost" }),
            /OLM does not find quay-operator, channel stable-3\.17: .*no operators found in package/,
        );
    });
});
