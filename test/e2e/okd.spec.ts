import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { eventually } from "../../lab/machines/command.ts";
import { OkdCluster } from "../okd/cluster.ts";
import { SectionSite } from "../okd/sectionSite.ts";
import { configPath, domain, imagePath, operatorManager, routesPath } from "../okd/objects.ts";
import { makeCertificate } from "../support/certificateMaker.ts";
import { exampleCa } from "../support/exampleCa.ts";

/** What one manager owns of an object. */
interface Managed {
    manager: string;
    operation: string;
    fieldsV1?: Record<string, Record<string, Record<string, unknown>>>;
}

const host = "registry.site.test";
const trustPath = "/api/v1/namespaces/openshift-config/configmaps/siteregistry-trusted-ca";

describe("the stack okd, with the engine and the API of an OKD cluster", () => {
    const authority = makeCertificate({ name: "site ca", ca: true });
    const server = makeCertificate({ name: host, issuer: authority, names: [host] });
    let cluster: OkdCluster;
    let site: SectionSite;
    let token: string;

    before(async function () {
        this.timeout(180_000);
        cluster = await OkdCluster.start();
        site = new SectionSite("okd", cluster, mkdtempSync(join(tmpdir(), "okd-e2e-")), { identifier: "okd-e2e" });
        cluster.images.upstream.set("docker.io/library/redis:8", "sha256:aaaa");
        await site.stack.prepare();
        await site.give({
            "okdSecrets.certificates.site.certificate": server.certificate,
            "okdSecrets.certificates.site.key": server.key,
            "okdSecrets.certificates.site.ca": authority.certificate,
        });
    });

    after(() => site.stop());

    async function owned(path: string): Promise<Managed[]> {
        const { metadata } = (await cluster.get(path)) as unknown as { metadata: { managedFields: Managed[] } };
        return metadata.managedFields.filter(({ manager }) => manager !== operatorManager && manager !== "begin");
    }

    it("says before anything is made that a registry which is Removed needs its storage", async () => {
        const before = await cluster.get(configPath);
        const said = await site.refused((section) => {
            (section.routes as object[]).push({ name: "far", host: "registry.elsewhere.test" });
            delete section.management;
        });
        assert.match(said, /okd\.management: is missing, and managementState of the cluster's registry is Removed/);
        assert.match(
            said,
            /okd\.routes\.1\.host: is registry\.elsewhere\.test, which the router's certificate for \*\.apps\.okd\.site\.test/,
        );
        assert.deepEqual((await cluster.get(configPath)).spec, before.spec);
    });

    it("comes up: routes, roles, a login for CI, streams, and nodes that believe it", async () => {
        await site.succeed(["up", "--yes", "--skip-preview"]);
        const facts = JSON.parse(await site.succeed(["stack", "output", "--json"])) as Record<string, unknown>;
        assert.deepEqual(facts.hosts, [host, `default-route-openshift-image-registry.${domain}`]);
        assert.deepEqual(facts.streamImages, { "apps/backend": {}, "apps/redis": { "8": "sha256:aaaa" } });
        assert.ok(
            String(facts.caBundle).includes(authority.certificate.trim()) &&
                String(facts.caBundle).includes(exampleCa.trim()),
        );
        assert.equal(facts.routerCaFrom, "ConfigMap openshift-config-managed/default-ingress-cert");
        const route = (await cluster.get(`${routesPath}/site`)).spec as { tls: Record<string, string> };
        assert.equal(route.tls.certificate?.trim(), server.certificate.trim());
        assert.equal(route.tls.caCertificate?.trim(), authority.certificate.trim());
        const trusted = (await cluster.get(trustPath)).data as Record<string, string>;
        assert.deepEqual(Object.keys(trusted).sort(), [`default-route-openshift-image-registry.${domain}`, host]);
        assert.deepEqual((await cluster.get(imagePath)).spec, {
            additionalTrustedCA: { name: "siteregistry-trusted-ca" },
        });
        assert.equal(
            (await cluster.get("/apis/rbac.authorization.k8s.io/v1/namespaces/apps/rolebindings/ci-image-builder"))
                .kind,
            "RoleBinding",
        );
    });

    it("gives CI a token of its own, that nobody sees", async () => {
        const shown = await site.stack.pulumi(["stack", "output", "--json", "--show-secrets"]);
        const facts = JSON.parse(shown.stdout) as { builderTokens: Record<string, string> };
        token = facts.builderTokens["apps/ci"] ?? "";
        assert.equal(await whoIs(token), "system:serviceaccount:apps:ci");
        const state = await site.succeed(["stack", "export"]);
        assert.ok(!state.includes(token) && site.said.every((text) => !text.includes(token)));
        assert.ok(site.said.every((text) => !text.includes(server.key.split("\n")[1] ?? "")));
    });

    it("owns no field but its own, and the operator's stay the operator's", async () => {
        const fields = (await owned(configPath)).map(({ operation, fieldsV1 }) => ({
            operation,
            spec: Object.keys(fieldsV1?.["f:spec"] ?? {}).sort(),
        }));
        assert.deepEqual(
            fields.sort((a, b) => a.spec.length - b.spec.length),
            [
                { operation: "Apply", spec: ["f:defaultRoute", "f:routes"] },
                {
                    operation: "Apply",
                    spec: ["f:disableRedirect", "f:managementState", "f:replicas", "f:rolloutStrategy", "f:storage"],
                },
            ],
        );
        const spec = (await cluster.get(configPath)).spec as Record<string, unknown>;
        assert.equal(spec.httpSecret, "of-the-operator");
        assert.equal(spec.logLevel, "Normal");
    });

    it("has nothing to do the second time, and a refresh finds no drift", async () => {
        await site.succeed(["preview", "--expect-no-changes"]);
        await site.succeed(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
    });

    it("goes, and leaves the registry running with its storage", async () => {
        await site.succeed(["destroy", "--yes", "--skip-preview"]);
        const spec = (await cluster.get(configPath)).spec as Record<string, unknown>;
        assert.equal(spec.managementState, "Managed");
        assert.deepEqual(spec.storage, { managementState: "Unmanaged", pvc: { claim: "image-registry-storage" } });
        assert.equal("defaultRoute" in spec || "routes" in spec, false);
        assert.equal(await cluster.api.get(trustPath), undefined);
        assert.deepEqual((await cluster.get(imagePath)).spec, {});
        const claims = "/api/v1/namespaces/openshift-image-registry/persistentvolumeclaims";
        assert.deepEqual(
            (await cluster.api.list(claims)).items.map(({ metadata }) => metadata.name),
            ["image-registry-storage"],
        );
        assert.equal(cluster.images.streams.size, 0);
        // The API server remembers for ten seconds that a token was good.
        await eventually("the end of the token", 30, async () => (await outcomeOf(whoIs(token))).includes("401"));
        for (const path of ["secrets", "serviceaccounts"])
            assert.deepEqual((await cluster.api.list(`/api/v1/namespaces/apps/${path}`)).items, []);
    });

    /** What came of it: what was answered, or the error's text. */
    function outcomeOf(asked: Promise<string>): Promise<string> {
        return asked.catch((error: unknown) => String(error));
    }

    /** Whom the API server takes the bearer of a token for, as the registry asks it. */
    async function whoIs(bearer: string): Promise<string> {
        const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
        const answer = (await cluster
            .as(bearer)
            .send("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", review)) as {
            status: { userInfo: { username: string } };
        };
        return answer.status.userInfo.username;
    }
});
