import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";

import { makeCertificate, type Made } from "../support/certificateMaker.ts";
import { deployments, QuaySite, registries } from "../quay/site.ts";

const host = "quay.site.test";
const claims = "/apis/objectbucket.io/v1alpha1/namespaces/quay-registry/objectbucketclaims";
const scalers = "/apis/autoscaling/v2/namespaces/quay-registry/horizontalpodautoscalers";
const integrations = "/apis/quay.redhat.com/v1/quayintegrations";

describe("a Quay with parts of its own: certificate, object claim, autoscalers, the bridge's integration", () => {
    const authority = makeCertificate({ name: "site ca", ca: true });
    const issue = (): Made => makeCertificate({ name: host, issuer: authority, names: [host] });
    const first = issue();
    let site: QuaySite;

    before(async function () {
        this.timeout(360_000);
        site = await QuaySite.start("quay-parts", {
            definitions: ["objectbucketclaims", "quayintegrations"],
            tlsName: host,
            credentials: {
                "quayCredentials.certificate.certificate": first.certificate,
                "quayCredentials.certificate.key": first.key,
                "quayCredentials.certificate.ca": authority.certificate,
            },
        });
        await site.cluster.put("/api/v1/namespaces/quay-registry/secrets/bridge", {
            ...{ apiVersion: "v1", kind: "Secret", metadata: { name: "bridge", namespace: "quay-registry" } },
            data: { token: Buffer.from("made by hand").toString("base64") },
        });
        site.change((section) => {
            Object.assign(section, { host, tls: "own", storage: { kind: "objectClaim" } });
            section.bridge = { credentials: "bridge", organization: "site" };
            section.autoscaling = { quay: { min: 3, max: 4 }, clair: { min: 1, max: 2 }, mirror: { min: 1, max: 1 } };
        });
    });
    after(() => site.stop());

    const replicas = async (name: string): Promise<unknown> =>
        ((await site.cluster.get(`${deployments}/site-${name}`)).spec as { replicas: number }).replicas;
    const numbers = () => Promise.all(["quay-app", "clair-app"].map(replicas));

    it("comes up with its own certificate, which every request of the stack has verified", async () => {
        await site.succeed(["up", "--yes", "--skip-preview"]);
        const facts = JSON.parse(await site.succeed(["stack", "output", "--json"])) as Record<string, string>;
        assert.equal(facts.quayHost, new URL(site.quay.urlAs(host)).host);
        assert.equal(facts.quayCaBundle?.trim(), authority.certificate.trim());
        assert.deepEqual([...site.quay.state.repositories.keys()], ["apps/backend"]);
        assert.equal((await shown(site, authority)).trim(), first.certificate.trim());
        const key = first.key.split("\n")[1] ?? "none";
        const state = await site.succeed(["stack", "export"]);
        assert.ok(!state.includes(key) && site.said.every((text) => !text.includes(key)));
    });

    it("has its layers where the cluster's object storage gives a bucket", async () => {
        const { items } = await site.cluster.api.list(claims);
        assert.deepEqual(
            items.map(({ metadata, status }) => [metadata.name, (status as { phase?: string } | undefined)?.phase]),
            [["site-quay-datastore", "Bound"]],
        );
        assert.ok(!("DISTRIBUTED_STORAGE_CONFIG" in (await site.bundle())));
    });

    it("has pods by the stack's own bounds, and the operator does not set their number back", async () => {
        const { items } = await site.cluster.api.list(scalers);
        assert.deepEqual(
            items.map(({ metadata, spec }) => {
                const { minReplicas, maxReplicas } = spec as { minReplicas: number; maxReplicas: number };
                return [metadata.name, minReplicas, maxReplicas];
            }),
            [
                ["site-clair-app", 1, 2],
                ["site-quay-app", 3, 4],
            ],
        );
        for (let looks = 0; looks < 10; looks += 1) {
            assert.deepEqual(await numbers(), [3, 1]);
            await sleep(200);
        }
    });

    it("has an integration that its bridge's operator takes", async () => {
        const found = await site.cluster.get(`${integrations}/site`);
        assert.deepEqual(found.spec, {
            clusterID: "site",
            credentialsSecret: { namespace: "quay-registry", name: "bridge" },
            quayHostname: site.quay.urlAs(host),
            insecureRegistry: false,
        });
        assert.ok(found.status !== undefined, "the bridge's operator has not looked at it");
    });

    it("shows no change afterwards, and a refresh no drift", async () => {
        await site.succeed(["preview", "--expect-no-changes"]);
        await site.succeed(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
    });

    it("is waited for until its pods show a renewed certificate", async () => {
        const second = issue();
        await site.give({
            "quayCredentials.certificate.certificate": second.certificate,
            "quayCredentials.certificate.key": second.key,
        });
        await site.succeed(["up", "--yes", "--skip-preview"]);
        assert.equal((await site.podsHave("ssl.cert")).trim(), second.certificate.trim());
        assert.equal((await shown(site, authority)).trim(), second.certificate.trim());
        await site.succeed(["preview", "--expect-no-changes"]);
    });

    it("goes with its autoscalers and its integration", async () => {
        await site.succeed(["destroy", "--yes", "--skip-preview"]);
        for (const path of [registries, scalers, integrations])
            assert.equal((await site.cluster.api.list(path)).items.length, 0, path);
    });
});

/** The certificate that Quay's host shows, PEM. Throws where the authority's root does not verify it. */
async function shown(site: QuaySite, { certificate: ca }: Made): Promise<string> {
    const { port } = new URL(site.quay.urlAs(host));
    return new Promise((resolve, reject) => {
        const socket = connect({ host: "127.0.0.1", port: Number(port), servername: host, ca }, () => {
            const { raw } = socket.getPeerCertificate();
            socket.destroy();
            const lines = raw.toString("base64").match(/.{1,64}/g) ?? [];
            resolve(`-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`);
        });
        socket.on("error", reject);
    });
}
