import assert from "node:assert/strict";

import { ClusterResource, type Values } from "../okd/clusterResource.ts";
import { configPath, domain } from "../okd/objects.ts";
import { makeCertificate } from "../support/certificateMaker.ts";
import { exampleCa } from "../support/exampleCa.ts";
import { PluginClient } from "../support/pluginClient.ts";

describe("the status of an OKD cluster's registry, on its API", () => {
    let okd: ClusterResource;

    before(async function () {
        this.timeout(180_000);
        okd = await ClusterResource.start("OkdRegistryStatus");
    });
    after(() => okd.stop());

    const of = async (inputs: Values = {}): Promise<Values> => {
        const values = await okd.checked({ timeoutSeconds: 30, ...inputs });
        return (await okd.plugin.create(values)).state.values;
    };
    const refusal = async (inputs: Values = {}): Promise<string> => {
        let said = "";
        await assert.rejects(of(inputs), (error: Error) => {
            said = PluginClient.partial(error).message;
            return true;
        });
        return said;
    };
    const manage = (spec: object): Promise<unknown> => okd.merge(configPath, { spec });

    it("fails while the registry is Removed, and where it has no storage", async () => {
        assert.match(await refusal(), /cannot become ready: managementState is Removed/);
        await manage({ managementState: "Managed" });
        assert.match(
            await refusal(),
            /StorageNotConfigured: storage backend not configured\). the registry has no storage: set okd\.management\.storage/,
        );
    });

    it("fails with two places for images", async () => {
        await manage({ storage: { emptyDir: {}, pvc: { claim: "a" } } });
        assert.match(await refusal(), /VerificationFailed: exactly one storage type.*got 2: \[emptyDir pvc\]/);
        await manage({ storage: { pvc: null } });
    });

    it("fails where a route's Secret is missing, or the router refuses its host", async () => {
        await manage({ routes: [{ name: "site", hostname: "registry.site.test", secretName: "none" }] });
        assert.match(await refusal(), /RouteDegraded: .*secrets "none" not found.*look at its Secret/);
        okd.cluster.operators.refusedHosts.add("registry.apps.okd.site.test");
        await manage({ defaultRoute: true, routes: [{ name: "site", hostname: "registry.apps.okd.site.test" }] });
        const routes = [{ name: "site", host: "registry.apps.okd.site.test" }];
        assert.match(
            await refusal({ routes }),
            /the router refuses the route site for registry\.apps\.okd\.site\.test: Admitted is False \(HostAlreadyClaimed/,
        );
        okd.cluster.operators.refusedHosts.clear();
    });

    it("says what it waited for when the operator sleeps", async () => {
        okd.cluster.operators.asleep = true;
        await manage({ logLevel: "Debug" });
        assert.match(
            await refusal({ timeoutSeconds: 3 }),
            /not ready after 3 s: its operator has not looked at the change yet/,
        );
        okd.cluster.operators.asleep = false;
    });

    it("reads the router's CA from the supported place, and then from each that is left", async () => {
        const authority = makeCertificate({ name: "router ca", ca: true });
        const leaf = makeCertificate({ name: "wildcard", issuer: authority, names: [`*.${domain}`] });
        const data = (pem: string): Values => ({
            "tls.crt": Buffer.from(pem).toString("base64"),
            "tls.key": Buffer.from(leaf.key).toString("base64"),
        });
        const secret = (namespace: string, name: string, pem: string): Promise<void> =>
            okd.cluster.put(`/api/v1/namespaces/${namespace}/secrets/${name}`, {
                ...{
                    apiVersion: "v1",
                    kind: "Secret",
                    type: "kubernetes.io/tls",
                    metadata: { name, namespace },
                    data: data(pem),
                },
            });
        const published = "/api/v1/namespaces/openshift-config-managed/configmaps/default-ingress-cert";
        const first = await of();
        assert.equal(first.routerCaFrom, "ConfigMap openshift-config-managed/default-ingress-cert");
        assert.equal(String(first.routerCaBundle).trim(), exampleCa.trim());
        assert.deepEqual(first.hosts, { "default-route": `default-route-openshift-image-registry.${domain}` });
        await okd.cluster.api.send("DELETE", published);
        assert.match(
            await refusal(),
            /the CA of the cluster's router is in none of its places:[^]*default-ingress-cert[^]*router-certs-default[^]*router-ca/,
        );
        await secret("openshift-ingress-operator", "router-ca", authority.certificate);
        assert.equal((await of()).routerCaFrom, "Secret openshift-ingress-operator/router-ca");
        await secret("openshift-ingress", "router-certs-default", leaf.certificate + authority.certificate);
        const third = await of();
        assert.equal(third.routerCaFrom, "Secret openshift-ingress/router-certs-default");
        assert.equal(String(third.routerCaBundle).trim(), authority.certificate.trim());
        await secret("openshift-ingress", "own-wildcard", leaf.certificate + authority.certificate);
        await okd.cluster.put(
            "/apis/operator.openshift.io/v1/namespaces/openshift-ingress-operator/ingresscontrollers/default",
            {
                ...{ apiVersion: "operator.openshift.io/v1", kind: "IngressController" },
                metadata: { name: "default", namespace: "openshift-ingress-operator" },
                spec: { defaultCertificate: { name: "own-wildcard" } },
            },
        );
        const own = await of();
        assert.equal(own.routerCaFrom, "Secret openshift-ingress/own-wildcard");
        assert.ok(!JSON.stringify(own).includes("PRIVATE KEY"));
    });
});
