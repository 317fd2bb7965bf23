import assert from "node:assert/strict";

import { eventually } from "../../lab/machines/command.ts";
import { importTags, report, streamsIn } from "../../tools/okd/streams.ts";
import { table } from "../../tools/okd/table.ts";
import { OkdCluster } from "../okd/cluster.ts";
import { configPath, domain, imagePath, operatorManager, prunerPath } from "../okd/objects.ts";
import { makeCertificate } from "../support/certificateMaker.ts";
import { exampleCa } from "../support/exampleCa.ts";
import { PluginClient } from "../support/pluginClient.ts";

type Values = Record<string, unknown>;

describe("the plugin's resources on the API of an OKD cluster", () => {
    let cluster: OkdCluster;
    let plugin: PluginClient;

    before(async function () {
        this.timeout(180_000);
        cluster = await OkdCluster.start();
        plugin = await PluginClient.start("OkdRegistryStatus", cluster.kubeconfig);
    });
    after(async () => {
        plugin.stop();
        await cluster.stop();
    });

    const checked = async (type: string, inputs: Values): Promise<Values> => {
        const { values, failures } = await plugin.of(type).check(inputs);
        assert.deepEqual(failures, []);
        return values;
    };
    const merge = (path: string, change: object, manager = operatorManager): Promise<unknown> =>
        cluster.api.send("PATCH", `${path}?fieldManager=${manager}`, change, {
            "content-type": "application/merge-patch+json",
        });

    describe("the status", () => {
        const of = async (inputs: Values = {}): Promise<Values> => {
            const status = plugin.of("OkdRegistryStatus");
            const values = await checked("OkdRegistryStatus", { timeoutSeconds: 30, ...inputs });
            return (await status.create(values)).state.values;
        };
        const refusal = async (inputs: Values = {}): Promise<string> => {
            let said = "";
            await assert.rejects(of(inputs), (error: Error) => {
                said = PluginClient.partial(error).message;
                return true;
            });
            return said;
        };
        const manage = (spec: object): Promise<unknown> => merge(configPath, { spec });

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
            cluster.operators.refusedHosts.add("registry.apps.okd.site.test");
            await manage({ defaultRoute: true, routes: [{ name: "site", hostname: "registry.apps.okd.site.test" }] });
            const routes = [{ name: "site", host: "registry.apps.okd.site.test" }];
            assert.match(
                await refusal({ routes }),
                /the router refuses the route site for registry\.apps\.okd\.site\.test: Admitted is False \(HostAlreadyClaimed/,
            );
            cluster.operators.refusedHosts.clear();
        });

        it("says what it waited for when the operator sleeps", async () => {
            cluster.operators.asleep = true;
            await manage({ logLevel: "Debug" });
            assert.match(
                await refusal({ timeoutSeconds: 3 }),
                /not ready after 3 s: its operator has not looked at the change yet/,
            );
            cluster.operators.asleep = false;
        });

        it("reads the router's CA from the supported place, and then from each that is left", async () => {
            const authority = makeCertificate({ name: "router ca", ca: true });
            const leaf = makeCertificate({ name: "wildcard", issuer: authority, names: [`*.${domain}`] });
            const data = (pem: string): Values => ({
                "tls.crt": Buffer.from(pem).toString("base64"),
                "tls.key": Buffer.from(leaf.key).toString("base64"),
            });
            const secret = (namespace: string, name: string, pem: string): Promise<void> =>
                cluster.put(`/api/v1/namespaces/${namespace}/secrets/${name}`, {
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
            await cluster.api.send("DELETE", published);
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
            await cluster.put(
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

    describe("trusted certificates", () => {
        const place = (name: string): string => `/api/v1/namespaces/openshift-config/configmaps/${name}`;
        const made = async (owner: string, certificates: Values): Promise<Values> => {
            const inputs = await checked("OkdTrustedCertificates", { owner, certificates });
            return (await plugin.of("OkdTrustedCertificates").create(inputs)).state.values;
        };
        const gone = (state: Values): Promise<void> => plugin.of("OkdTrustedCertificates").delete(state);
        const referred = async (): Promise<unknown> => (await cluster.get(imagePath)).spec;

        it("are added to what is there, and taken back from it", async () => {
            await cluster.put(place("theirs"), {
                ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "theirs", namespace: "openshift-config" } },
                data: { "other.test": "their roots" },
            });
            await merge(imagePath, { spec: { additionalTrustedCA: { name: "theirs" } } }, "somebody");
            const state = await made("one", { "registry.site.test:5000": "our roots" });
            assert.equal(state.usedConfigMap, "theirs");
            assert.deepEqual((await cluster.get(place("theirs"))).data, {
                "other.test": "their roots",
                "registry.site.test..5000": "our roots",
            });
            await assert.rejects(
                made("two", { "other.test": "other roots" }),
                /other certificates of somebody else for one of other\.test/,
            );
            const { values = {} } = (await plugin.of("OkdTrustedCertificates").read("it", state)) ?? {};
            assert.deepEqual(values, state);
            await gone(state);
            assert.deepEqual((await cluster.get(place("theirs"))).data, { "other.test": "their roots" });
            assert.deepEqual(await referred(), { additionalTrustedCA: { name: "theirs" } });
            await cluster.api.send("DELETE", place("theirs"));
            await assert.rejects(
                made("one", { "a.test": "x" }),
                /names the ConfigMap openshift-config\/theirs in additionalTrustedCA, and there is none/,
            );
            await merge(imagePath, { spec: { additionalTrustedCA: null } }, "somebody");
        });

        it("of two stacks share one ConfigMap, which goes with the last", async () => {
            const [first, second] = [
                await made("first", { "a.test": "a", "both.test": "b" }),
                await made("second", { "both.test": "b" }),
            ];
            await gone(first);
            assert.deepEqual((await cluster.get(place("siteregistry-trusted-ca"))).data, { "both.test": "b" });
            assert.deepEqual(await referred(), { additionalTrustedCA: { name: "siteregistry-trusted-ca" } });
            await gone(second);
            assert.equal(await cluster.api.get(place("siteregistry-trusted-ca")), undefined);
            assert.deepEqual(await referred(), {});
        });
    });

    describe("image streams", () => {
        const [redis, backend] = ["docker.io/library/redis:8", "quay.io/team/backend:1"];
        const streams = () => plugin.of("OkdImageStream");
        const wanted = (name: string, more: Values = {}): Promise<Values> =>
            checked("OkdImageStream", { namespace: "apps", name, timeoutSeconds: 5, ...more });

        it("are there before a push, and stay with what was pushed", async () => {
            cluster.images.busy = 2;
            const { id, state } = await streams().create(await wanted("pushed"));
            assert.equal(id, "apps/pushed");
            await assert.rejects(
                streams().create(await wanted("pushed")),
                /is there already, as a push makes one: set its adopt to true/,
            );
            cluster.images.push("apps/pushed", "1.0", "sha256:pushed");
            await streams().delete(state.values);
            assert.ok(cluster.images.streams.has("apps/pushed"));
            await streams().delete({ ...state.values, deleteContents: true });
            assert.ok(!cluster.images.streams.has("apps/pushed"));
        });

        it("import what they are told, and say what could not be", async () => {
            const { id, state, message } = PluginClient.partial(
                await streams()
                    .create(await wanted("redis", { tags: [{ name: "8", from: redis }] }))
                    .then(
                        () => undefined,
                        (error: unknown) => error,
                    ),
            );
            assert.match(
                message,
                /apps\/redis were not imported:\n.*8: ImportSuccess is False \(NotFound: .*redis:8" not found/,
            );
            cluster.images.upstream.set(redis, "sha256:one");
            const inputs = await wanted("redis", { request: 2, tags: [{ name: "8", from: redis, scheduled: true }] });
            const now = await streams().update(state.values, inputs, id);
            assert.deepEqual(now.values.images, { "8": "sha256:one" });
            const stored = cluster.images.streams.get("apps/redis")?.spec.tags?.[0] as unknown as {
                importPolicy: Values;
            };
            assert.deepEqual(stored.importPolicy, { scheduled: true, insecure: false, importMode: "PreserveOriginal" });
        });

        it("keep tags of others, and report what is behind until it is imported", async () => {
            cluster.images.upstream.set(backend, "sha256:old");
            const inputs = await wanted("backend", { tags: [{ name: "1", from: backend }] });
            await streams().create(inputs);
            cluster.images.push("apps/backend", "dev", "sha256:dev");
            cluster.images.upstream.set(backend, "sha256:new");
            const state = { deployment: { resources: [{ type: "siteregistry:index:OkdImageStream", inputs }] } };
            const found = streamsIn(state);
            const before = await report(cluster.api, found);
            assert.deepEqual(
                before.map(({ tag, state: now, here, upstream }) => [tag, now, here, upstream]),
                [["apps/backend:1", "behind", "sha256:old", "sha256:new"]],
            );
            assert.match(table(before), /apps\/backend:1 +behind \(held\) +sha256:old +sha256:new/);
            await assert.rejects(importTags(cluster.api, found, ["apps/ghost"]), /imports no apps\/ghost/);
            assert.deepEqual(await importTags(cluster.api, found, ["apps/backend"]), [
                "apps/backend:1 imported from quay.io/team/backend:1",
            ]);
            assert.deepEqual(
                (await report(cluster.api, found)).map((row) => row.state),
                ["current"],
            );
            cluster.images.upstream.delete(backend);
            assert.deepEqual(
                (await report(cluster.api, found)).map((row) => row.state),
                ["unknown"],
            );
            assert.deepEqual(
                cluster.images.streams
                    .get("apps/backend")
                    ?.status.tags?.map(({ tag }) => tag)
                    .sort(),
                ["1", "dev"],
            );
        });
    });

    it("a token is another one in the last third of its time, and ends with its Secret", async () => {
        const core = "/api/v1/namespaces/web";
        await cluster.api.send("POST", `${core}/serviceaccounts`, {
            apiVersion: "v1",
            kind: "ServiceAccount",
            metadata: { name: "ci" },
        });
        await cluster.api.send("POST", `${core}/secrets`, {
            apiVersion: "v1",
            kind: "Secret",
            metadata: { name: "anchor" },
        });
        const inputs = await checked("OkdToken", {
            namespace: "web",
            serviceAccount: "ci",
            boundSecret: "anchor",
            lifetimeHours: 3,
        });
        const { state } = await plugin.of("OkdToken").create(inputs);
        assert.ok(state.secrets.has("token"));
        assert.deepEqual((await plugin.of("OkdToken").diff(state.values, inputs)).changes, []);
        const issued = new Date(Date.now() - 2.1 * 3_600_000).toISOString();
        const old = {
            ...state.values,
            issuedAt: issued,
            expiresAt: new Date(Date.now() + 0.9 * 3_600_000).toISOString(),
        };
        assert.deepEqual(await plugin.of("OkdToken").diff(old, inputs), { changes: ["expiresAt"], replaces: [] });
        const api = cluster.as(String(state.values.token));
        const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
        const ask = (): Promise<unknown> =>
            api.send("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", review);
        await ask();
        await cluster.api.send("DELETE", `${core}/secrets/anchor`);
        // The API server remembers for ten seconds whom it has let in.
        await eventually("the end of the token", 20, () =>
            ask().then(
                () => false,
                () => true,
            ),
        );
        await assert.rejects(ask(), /401/);
        assert.equal(await plugin.of("OkdToken").read("it", state.values), undefined);
        await assert.rejects(
            plugin.of("OkdToken").create(inputs),
            /web lacks the ServiceAccount ci or the Secret anchor/,
        );
    });

    it("a pruner's failed run is in its status where the report finds it", async () => {
        const pruner = await cluster.get(prunerPath);
        const conditions = [
            {
                type: "Failed",
                status: "True",
                reason: "Failed",
                message: "Job failed",
                lastTransitionTime: "2026-11-21T00:00:00Z",
            },
        ];
        await cluster.put(prunerPath, { ...pruner, status: { conditions } });
        assert.deepEqual(((await cluster.get(prunerPath)).status as { conditions: object[] }).conditions, conditions);
    });
});
