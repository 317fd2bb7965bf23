import assert from "node:assert/strict";

import { parse } from "yaml";

import { readSettings } from "../../settings.ts";
import { buildSite } from "../../site.ts";
import { configure, stackFile } from "../support/configuration.ts";
import { find, underMocks, type Registered } from "../support/mocks.ts";

const credentials = { s3: { accessKey: "key", secretKey: "hunter2" } };
const registryType = "kubernetes:quay.redhat.com/v1:QuayRegistry";
const secretType = "kubernetes:core/v1:Secret";

function made(quay: object, quayCredentials?: object): Promise<Registered[]> {
    configure({ quay, ...(quayCredentials === undefined ? {} : { quayCredentials }) }, ["quayCredentials"]);
    return underMocks(() => buildSite(readSettings(), []));
}

describe("QuayRegistry", () => {
    it("states all eleven components, so that the operator has nothing to write back", async () => {
        const seen = await made({ storage: { kind: "objectClaim" } });
        const { components } = find(seen, registryType, "quay-quay").inputs.spec as {
            components: { kind: string; managed: boolean; overrides?: object }[];
        };
        assert.equal(new Set(components.map(({ kind }) => kind)).size, 11);
        assert.ok(components.every(({ managed, overrides }) => managed && overrides === undefined));
        assert.deepEqual(seen.map(({ name }) => name).sort(), [
            "quay",
            "quay-bundle",
            "quay-namespace",
            "quay-quay",
            "quay-ready",
        ]);
    });

    it("gives every scaled component an override where the bounds are the site's own", async () => {
        const bounds = { min: 1, max: 3 };
        const seen = await made({
            storage: { kind: "objectClaim" },
            components: [{ kind: "mirror", managed: false }],
            autoscaling: { quay: bounds, clair: bounds, mirror: bounds },
        });
        const { components } = find(seen, registryType, "quay-quay").inputs.spec as {
            components: { kind: string; managed: boolean; overrides?: { replicas?: number } }[];
        };
        const overridden = components.filter(({ overrides }) => overrides !== undefined);
        assert.deepEqual(overridden.map(({ kind }) => kind).sort(), ["clair", "quay"]);
        assert.ok(overridden.every(({ overrides }) => overrides?.replicas === undefined));
        assert.equal(components.find(({ kind }) => kind === "horizontalpodautoscaler")?.managed, false);
        const scalers = seen.filter(({ type }) => type.endsWith(":HorizontalPodAutoscaler"));
        assert.deepEqual(scalers.map(({ name }) => name).sort(), ["quay-autoscaler-clair", "quay-autoscaler-quay"]);
    });

    it("makes one bundle, secret, with the flag for the first user off", async () => {
        configure({ ...stackFile("quay"), quayCredentials: { ...credentials, config: { MAIL_PASSWORD: "hunter3" } } }, [
            "quayCredentials",
        ]);
        const seen = await underMocks(() => buildSite(readSettings(), []));
        const bundle = find(seen, secretType, "quay-bundle");
        assert.ok(bundle.secrets.some((path) => path.startsWith("stringData")));
        const config = parse((bundle.inputs.stringData as Record<string, string>)["config.yaml"] ?? "") as Record<
            string,
            unknown
        >;
        assert.equal(config.FEATURE_USER_INITIALIZE, false);
        assert.deepEqual(config.SUPER_USERS, ["quayadmin"]);
        assert.equal(config.MAIL_PASSWORD, "hunter3");
        const [engine, place] = (config.DISTRIBUTED_STORAGE_CONFIG as Record<string, [string, object]>).default ?? [];
        assert.equal(engine, "RadosGWStorage");
        assert.deepEqual(place, {
            ...{ access_key: "key", secret_key: "hunter2", bucket_name: "quay", hostname: "s3.site.test" },
            ...{ port: 443, is_secure: true, storage_path: "/datastorage/registry" },
        });
        const plain = seen.filter(({ name }) => !["quay", "quay-bundle"].includes(name));
        assert.ok(
            ["bucket", "secretConfig"].every((key) =>
                find(seen, "siteregistry:index:QuayRegistry", "quay").secrets.includes(key),
            ),
        );
        assert.doesNotMatch(JSON.stringify(plain), /hunter/);
    });

    it("puts a robot's login where pods look for it, as a secret", async () => {
        configure({ ...stackFile("quay"), quayCredentials: credentials }, ["quayCredentials"]);
        const seen = await underMocks(() => buildSite(readSettings(), []));
        const secret = find(seen, secretType, "quay-apps-robot-pull-web-quay-pull");
        assert.ok(secret.secrets.some((path) => path.startsWith("stringData")));
        const { auths } = JSON.parse(
            (secret.inputs.stringData as Record<string, string>)[".dockerconfigjson"] ?? "",
        ) as {
            auths: Record<string, { username: string }>;
        };
        assert.equal(auths["quay.apps.site.test"]?.username, "login of quay-apps-robot-pull");
    });

    it("passes a certificate of its own to Quay, and its root to clients", async () => {
        const { makeCertificate } = await import("../support/certificateMaker.ts");
        const authority = makeCertificate({ name: "ca", ca: true });
        const { certificate, key } = makeCertificate({ name: "leaf", issuer: authority, names: ["quay.site.test"] });
        const seen = await made(
            { storage: { kind: "objectClaim" }, tls: "own", host: "quay.site.test" },
            { certificate: { certificate, key, ca: authority.certificate } },
        );
        const content = find(seen, secretType, "quay-bundle").inputs.stringData as Record<string, string>;
        assert.equal(content["ssl.key"], key);
        assert.equal(
            (parse(content["config.yaml"] ?? "") as Record<string, unknown>).SERVER_HOSTNAME,
            "quay.site.test",
        );
        const ready = find(seen, "siteregistry:index:QuayReadiness", "quay-ready").inputs;
        assert.equal(ready.routerRoots, false);
        assert.equal(ready.trusted, authority.certificate);
    });
});
