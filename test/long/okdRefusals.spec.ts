import assert from "node:assert/strict";

import { connect, type Cluster } from "../../components/preflight/cluster.ts";
import { okdConflicts, type OkdBefore, type OkdClaim } from "../../components/preflight/okd.ts";
import { eventually } from "../../lab/machines/command.ts";
import { OkdCluster } from "../okd/cluster.ts";
import { configPath, domain, imagePath, operatorManager, routesPath } from "../okd/objects.ts";

const mergePatch = { "content-type": "application/merge-patch+json" };
const managed = { managementState: "Managed", storage: { managementState: "Unmanaged", emptyDir: {} } };
const site = { name: "site", host: "registry.site.test", given: true };

describe("what an OKD cluster's API stands against", () => {
    let okd: OkdCluster;
    let cluster: Cluster;

    before(async function () {
        this.timeout(180_000);
        okd = await OkdCluster.start();
        cluster = await connect(okd.kubeconfig);
        await write(configPath, { spec: managed });
        // The operator completes what it is given.
        await eventually("the operator's own fields", 20, async () =>
            JSON.stringify((await okd.get(configPath)).spec).includes("httpSecret"),
        );
    });
    after(() => okd.stop());

    const write = (path: string, change: object, manager = operatorManager): Promise<unknown> =>
        okd.api.send("PATCH", `${path}?fieldManager=${manager}`, change, mergePatch);
    /** What is said to a stack. Nothing of the cluster may change by it. */
    const said = async (claim: Partial<OkdClaim>, before?: OkdBefore): Promise<string> => {
        const there = await Promise.all([configPath, imagePath].map((path) => okd.get(path)));
        const lines = await okdConflicts(cluster, { defaultRoute: true, routes: [], ...claim }, before);
        const now = await Promise.all([configPath, imagePath].map((path) => okd.get(path)));
        assert.deepEqual(
            now.map(({ spec }) => spec),
            there.map(({ spec }) => spec),
        );
        return lines.join("\n");
    };

    it("is nothing where the registry runs", async () => {
        assert.equal(await said({ routes: [site] }), "");
    });

    it("is a host outside the ingress domain without a certificate", async () => {
        const far = { ...site, given: false };
        assert.match(
            await said({ routes: [far] }),
            /^okd\.routes\.0\.host: is registry\.site\.test, which the router's certificate for \*\.apps\.okd\.site\.test does not name: give okdSecrets\.certificates\.site/,
        );
        assert.equal(await said({ routes: [{ ...far, host: `registry.${domain}` }] }), "");
    });

    it("is a Secret that is missing, or that lacks a key", async () => {
        const named = { ...site, given: false, secretName: "site-tls" };
        assert.match(
            await said({ routes: [named] }),
            /okd\.routes\.0\.secretName: is site-tls; there is no such Secret/,
        );
        const metadata = { name: "site-tls", namespace: "openshift-image-registry" };
        await okd.put("/api/v1/namespaces/openshift-image-registry/secrets/site-tls", {
            ...{ apiVersion: "v1", kind: "Secret", metadata, data: { "tls.crt": "eA==" } },
        });
        assert.match(await said({ routes: [named] }), /this Secret lacks tls\.key/);
    });

    it("is a host that another stack exposes, by its own route or by the registry's", async () => {
        const namespace = "web";
        await okd.put(routesPath.replace("openshift-image-registry", namespace) + "/web", {
            ...{ apiVersion: "route.openshift.io/v1", kind: "Route", metadata: { name: "web", namespace } },
            spec: { host: site.host, to: { kind: "Service", name: "web" } },
        });
        assert.match(
            await said({ routes: [site] }),
            /^okd\.routes\.0\.host: is registry\.site\.test, which the route web\/web has; choose another$/,
        );
        await okd.api.send("DELETE", routesPath.replace("openshift-image-registry", namespace) + "/web");
        await write(configPath, { spec: { routes: [{ name: "site", hostname: site.host }] } }, "another-stack");
        await eventually("the operator's route", 20, async () => (await okd.api.list(routesPath)).items.length > 0);
        const two = await said({ routes: [site] });
        assert.match(
            two,
            /okd\.routes: the cluster's registry has the routes site \(registry\.site\.test\) of another stack/,
        );
        assert.match(
            two,
            /okd\.routes\.0\.host: is registry\.site\.test, which the route openshift-image-registry\/site has/,
        );
        assert.equal(await said({ routes: [site] }, { routes: [site] }), "");
        await write(configPath, { spec: { routes: null } }, "another-stack");
    });

    it("is an additionalTrustedCA of somebody else", async () => {
        await write(imagePath, { spec: { additionalTrustedCA: { name: "theirs" } } }, "somebody");
        assert.match(
            await said({ configMap: "mine" }),
            /^okd\.trust\.configMap: is mine, and the cluster refers to theirs already, which is somebody else's/,
        );
        assert.equal(await said({}), "");
        await write(imagePath, { spec: { additionalTrustedCA: null } }, "somebody");
    });

    it("is storage that others have set, and a claim that is not there", async () => {
        const management = {
            storage: { kind: "claim", claim: "images" },
            replicas: 1,
            rolloutStrategy: "RollingUpdate",
        };
        const both = await said({ management });
        assert.match(
            both,
            /okd\.management\.storage\.kind: is claim, and the registry has its images in emptyDir already/,
        );
        assert.match(both, /okd\.management\.storage\.claim: is images; there is no such claim/);
    });

    it("is a registry that is Removed, and one whose capability is off", async function () {
        this.timeout(180_000);
        await write(configPath, { spec: { managementState: "Removed" } });
        assert.match(
            await said({}),
            /^okd\.management: is missing, and managementState of the cluster's registry is Removed/,
        );
        const bare = await OkdCluster.start({ capability: false });
        try {
            const lines = await okdConflicts(
                await connect(bare.kubeconfig),
                { defaultRoute: true, routes: [] },
                undefined,
            );
            assert.equal(lines.length, 1);
            assert.match(
                lines[0] ?? "",
                /^okd: this cluster has no registry of its own: its capability ImageRegistry is off\. Add ImageRegistry/,
            );
        } finally {
            await bare.stop();
        }
    });
});
