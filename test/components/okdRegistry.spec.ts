import assert from "node:assert/strict";

import { readSettings } from "../../settings.ts";
import { buildSite } from "../../site.ts";
import { makeCertificate } from "../support/certificateMaker.ts";
import { configure } from "../support/configuration.ts";
import { find, underMocks, type Registered } from "../support/mocks.ts";

const config = "kubernetes:imageregistry.operator.openshift.io/v1:ConfigPatch";
const secret = "kubernetes:core/v1:Secret";
const authority = makeCertificate({ name: "ca", ca: true });
const between = makeCertificate({ name: "between", ca: true, issuer: authority });
const leaf = makeCertificate({ name: "leaf", issuer: between, names: ["registry.site.test"] });

function made(okd: object, more: Record<string, unknown> = {}): Promise<Registered[]> {
    configure({ okd, ...more }, ["okdSecrets"]);
    return underMocks(() => buildSite(readSettings(), []));
}

describe("OkdRegistry", () => {
    it("makes little where little is said: the default route, and nodes that believe it", async () => {
        const seen = await made({});
        assert.deepEqual(seen.map(({ name }) => name).sort(), [
            "okd",
            "okd-exposure",
            "okd-owner",
            "okd-status",
            "okd-trust",
        ]);
        assert.deepEqual(find(seen, config, "okd-exposure").inputs.spec, { defaultRoute: true });
        const { certificates } = find(seen, "siteregistry:index:OkdTrustedCertificates", "okd-trust").inputs;
        assert.deepEqual(Object.keys(certificates as object), [
            "default-route-openshift-image-registry.apps.site.test",
        ]);
    });

    it("gives a route the leaf alone, and what is behind it beside the root, under the names that the operator reads", async () => {
        const site = { certificate: leaf.certificate + between.certificate, key: leaf.key, ca: authority.certificate };
        const seen = await made(
            { routes: [{ name: "site", host: "registry.site.test" }] },
            { okdSecrets: { certificates: { site } } },
        );
        const { inputs, secrets } = find(seen, secret, "okd-certificate-site");
        const data = inputs.stringData as Record<string, string>;
        assert.deepEqual(Object.keys(data).sort(), ["tls.cacrt", "tls.crt", "tls.key"]);
        assert.equal(data["tls.crt"]?.trim(), leaf.certificate.trim());
        assert.equal(data["tls.cacrt"], between.certificate + authority.certificate);
        assert.ok(secrets.some((path) => path.startsWith("stringData")));
        const routes = [{ name: "site", hostname: "registry.site.test", secretName: "site-tls" }];
        assert.deepEqual(find(seen, config, "okd-exposure").inputs.spec, { defaultRoute: true, routes });
        const trusted = find(seen, "siteregistry:index:OkdTrustedCertificates", "okd-trust").inputs
            .certificates as Record<string, string>;
        assert.equal(trusted["registry.site.test"]?.trim(), authority.certificate.trim());
        const shown = seen.filter((one) => JSON.stringify(one.inputs).includes("PRIVATE KEY"));
        assert.deepEqual(
            shown.map(({ name, secrets: marked }) => [name, marked.length > 0]),
            [
                ["okd", true],
                ["okd-certificate-site", true],
            ],
        );
    });

    it("keeps a bucket's key secret, under the names that the operator reads", async () => {
        const management = {
            storage: { kind: "s3", s3: { bucket: "images", regionEndpoint: "https://s3.site.test" } },
        };
        const s3 = { accessKey: "reader-key", secretKey: "hidden-secret" };
        const seen = await made({ management }, { okdSecrets: { s3 } });
        const { inputs, secrets } = find(seen, secret, "okd-bucket");
        assert.deepEqual(inputs.stringData, {
            REGISTRY_STORAGE_S3_ACCESSKEY: "reader-key",
            REGISTRY_STORAGE_S3_SECRETKEY: "hidden-secret",
        });
        assert.ok(secrets.length > 0);
        const { spec } = find(seen, config, "okd-management").inputs as { spec: { storage: object } };
        assert.deepEqual(spec.storage, {
            managementState: "Unmanaged",
            s3: {
                bucket: "images",
                region: "us-east-1",
                regionEndpoint: "https://s3.site.test",
                virtualHostedStyle: false,
            },
        });
    });

    it("does not look for the router's CA where nothing shows its certificate", async () => {
        const seen = await made({
            defaultRoute: false,
            routes: [{ name: "site", host: "registry.site.test", secretName: "there" }],
        });
        assert.equal(find(seen, "siteregistry:index:OkdRegistryStatus", "okd-status").inputs.routerRoots, false);
    });

    it("makes mirror sets once it may, each of its kind", async () => {
        const mirrors = [{ source: "docker.io", mirrors: ["mirror.site.test/docker"] }];
        const seen = await made({
            confirmNodeDrain: true,
            mirrorSets: [
                { name: "m", by: "digest", mirrors },
                { name: "m", by: "tag", mirrors },
            ],
        });
        const spec = [{ ...mirrors[0], mirrorSourcePolicy: "AllowContactingSource" }];
        const kind = (name: string): string => `kubernetes:config.openshift.io/v1:${name}`;
        assert.deepEqual(find(seen, kind("ImageDigestMirrorSet"), "okd-mirrors-digest-m").inputs.spec, {
            imageDigestMirrors: spec,
        });
        assert.deepEqual(find(seen, kind("ImageTagMirrorSet"), "okd-mirrors-tag-m").inputs.spec, {
            imageTagMirrors: spec,
        });
    });

    it("puts the client kit where it is told, with every host and root", async () => {
        const seen = await made({}, { clientKit: { namespace: "apps" } });
        const { data } = find(seen, "kubernetes:core/v1:ConfigMap", "client-kit-files").inputs as {
            data: Record<string, string>;
        };
        assert.match(
            data["trust-registry.sh"] ?? "",
            /kit_hosts='default-route-openshift-image-registry\.apps\.site\.test'/,
        );
    });

    describe("gets images from outside", () => {
        const images = {
            source: { kind: "bundle", path: "/bundles/site.tar", sha256: "a".repeat(64) },
            ...{ destination: "okd", folder: "ci", layout: "name" },
        };
        const builders = [{ namespace: "ci", name: "pusher" }];

        it("into the project of a builder, who logs in with their token at the first route", async () => {
            const seen = await made({ builders }, { images });
            const seed = find(seen, "siteregistry:index:SeededImages", "images-images");
            assert.equal(seed.inputs.host, "default-route-openshift-image-registry.apps.site.test");
            assert.deepEqual([seed.inputs.user, seed.inputs.folder, seed.inputs.layout], ["pusher", "ci", "name"]);
            assert.notEqual(seed.inputs.password, "");
            assert.ok(seed.secrets.includes("password"));
        });

        it("under names that its registry can have, and nowhere else", () => {
            const refusal = (section: object, okd?: object): string => {
                configure({ ...(okd && { okd }), images: { ...images, ...section } }, []);
                try {
                    readSettings();
                    return "";
                } catch (error) {
                    return (error as Error).message;
                }
            };
            assert.match(refusal({}), /images\.destination: .*there is no `okd` section/);
            assert.match(refusal({ folder: "other" }, { builders }), /images\.folder: .*known are ci/);
            assert.match(refusal({ layout: "path" }, { builders }), /images\.layout: .*allowed is name/);
            const list = [{ image: "quay.io/team/app:1", as: "tools/app" }];
            assert.match(refusal({ list }, { builders }), /images\.list: .*0\.as: "tools\/app" has a folder/);
            const twins = [{ image: "quay.io/a/app:1" }, { image: "quay.io/b/app:1" }];
            assert.match(refusal({ list: twins }, { builders }), /both would be ci\/app:1/);
        });
    });
});
