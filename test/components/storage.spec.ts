import assert from "node:assert/strict";

import { readSettings } from "../../settings.ts";
import { buildSite } from "../../site.ts";
import { configure } from "../support/configuration.ts";
import { find, underMocks, type Registered } from "../support/mocks.ts";

const types = {
    claim: "kubernetes:core/v1:PersistentVolumeClaim",
    volume: "kubernetes:core/v1:PersistentVolume",
    config: "kubernetes:core/v1:ConfigMap",
    secret: "kubernetes:core/v1:Secret",
    server: "kubernetes:apps/v1:Deployment",
} as const;

const s3Credentials = { accessKey: "AKIAEXAMPLE", secretKey: "a secret that nobody may see" };

function site(registry: Record<string, unknown>, more: Record<string, unknown> = {}): Promise<Registered[]> {
    configure({ registry: { host: "registry.example.org", ...registry }, nodeTrust: {}, ...more }, Object.keys(more));
    return underMocks(() => buildSite(readSettings(), []));
}

const claims = (seen: readonly Registered[]): string[] =>
    seen.filter((one) => one.type === types.claim).map((one) => one.name);

interface PodSpec {
    containers: {
        name: string;
        env: { name: string; value: string }[];
        volumeMounts: { name: string; mountPath: string }[];
    }[];
    volumes: Record<string, unknown>[];
}

function podOf(seen: readonly Registered[]): { annotations: Record<string, string>; spec: PodSpec } {
    const { spec } = find(seen, types.server, "registry-server").inputs as {
        spec: { template: { metadata: { annotations: Record<string, string> }; spec: PodSpec } };
    };
    return { annotations: spec.template.metadata.annotations, spec: spec.template.spec };
}

function configOf(seen: readonly Registered[]): { storage: Record<string, unknown>; redis?: unknown } {
    const { data } = find(seen, types.config, "registry-config").inputs as { data: Record<string, string> };
    return JSON.parse(data["config.yml"] ?? "") as { storage: Record<string, unknown>; redis?: unknown };
}

describe("storage", () => {
    it("sets the volume of a kept claim to Retain, and says so where a destroy shows it", async () => {
        const seen = await site({ storage: {} });
        const patch = find(seen, "kubernetes:core/v1:PersistentVolumePatch", "registry-storage-volume").inputs;
        assert.deepEqual(patch.metadata, { name: "pvc-7", annotations: { "pulumi.com/patchForce": "true" } });
        assert.deepEqual(patch.spec, { persistentVolumeReclaimPolicy: "Retain" });
        assert.deepEqual(
            seen.filter((one) => one.type.endsWith(":StaysAfterDestroy")).map((one) => one.name),
            [
                "claim image-registry and namespace kube-infra stay",
                "to use them again, 1 of 2: npx pulumi config set --path siteregistry:registry.createNamespace false",
                "to use them again, 2 of 2: npx pulumi config set --path siteregistry:registry.storage.existingClaim image-registry",
            ],
        );
    });

    it("leaves the volume as it is when it is not kept", async () => {
        const seen = await site({ storage: { keepOnDestroy: false } });
        assert.deepEqual(claims(seen), ["registry-storage"]);
        assert.equal(seen.filter((one) => /Patch|StaysAfterDestroy/.test(one.type)).length, 0);
    });

    it("uses claim and namespace that are there, and makes neither", async () => {
        const seen = await site({ createNamespace: false, storage: { existingClaim: "images" } });
        assert.deepEqual(claims(seen), ["registry-storage-bound"]);
        assert.equal(
            seen.some((one) => one.name === "registry-namespace"),
            false,
        );
        assert.deepEqual(podOf(seen).spec.volumes.at(-1), {
            name: "storage",
            persistentVolumeClaim: { claimName: "images" },
        });
    });

    it("makes a volume of an NFS export that any node may mount", async () => {
        const nfs = { server: "nas.example.org", path: "/images", mountOptions: ["hard"] };
        const seen = await site({ replicas: 2, storage: { kind: "nfs", nfs } });
        const { metadata, spec } = find(seen, types.volume, "registry-storage-volume").inputs as {
            metadata: { name: string };
            spec: Record<string, unknown>;
        };
        assert.equal(metadata.name, "kube-infra-image-registry");
        assert.deepEqual(spec.nfs, { server: nfs.server, path: nfs.path });
        assert.deepEqual([spec.accessModes, spec.mountOptions], [["ReadWriteMany"], ["hard"]]);
        const claim = find(seen, types.claim, "registry-storage").inputs.spec as Record<string, unknown>;
        assert.equal(claim.volumeName, "kube-infra-image-registry");
        assert.equal(claim.storageClassName, "");
    });

    it("ties a directory to its node", async () => {
        const seen = await site({ storage: { kind: "hostPath", hostPath: { path: "/srv/images", node: "node1" } } });
        const { spec } = find(seen, types.volume, "registry-storage-volume").inputs as {
            spec: Record<string, unknown>;
        };
        assert.deepEqual(spec.local, { path: "/srv/images" });
        assert.match(
            JSON.stringify(spec.nodeAffinity),
            /"kubernetes.io\/hostname","operator":"In","values":\["node1"\]/,
        );
    });

    it("keeps the keys of a bucket in a Secret, and nowhere else", async () => {
        const caBundle = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        const s3 = { bucket: "images", endpoint: "https://s3.example.org", pathStyle: true, caBundle };
        const seen = await site({ storage: { kind: "s3", s3 } }, { s3Credentials });
        const environment = find(seen, types.secret, "registry-environment");
        const data = environment.inputs.stringData as Record<string, string>;
        assert.equal(data.REGISTRY_STORAGE_S3_ACCESSKEY, s3Credentials.accessKey);
        assert.equal(data.REGISTRY_STORAGE_S3_SECRETKEY, s3Credentials.secretKey);
        for (const { type, name, inputs, secrets } of seen) {
            const shown = JSON.stringify(inputs);
            if (!shown.includes(s3Credentials.secretKey) && !shown.includes(s3Credentials.accessKey)) continue;
            assert.ok([environment.name, "registry"].includes(name), `${type} ${name}`);
            if (name === "registry") assert.deepEqual(secrets, ["storage"]);
        }
        assert.deepEqual(claims(seen), []);
        const { spec, annotations } = podOf(seen);
        assert.equal(
            spec.volumes.some((volume) => volume.name === "storage"),
            false,
        );
        const container = spec.containers.find(({ name }) => name === "registry");
        assert.ok(
            container?.env.some(({ name, value }) => name === "SSL_CERT_DIR" && value === "/etc/registry/storage-ca"),
        );
        assert.ok(container?.volumeMounts.some(({ mountPath }) => mountPath === "/etc/registry/storage-ca"));
        const changed = { s3Credentials: { ...s3Credentials, secretKey: "another" } };
        const later = await site({ storage: { kind: "s3", s3 } }, changed);
        const key = "siteregistry/environment-checksum";
        assert.notEqual(podOf(later).annotations[key], annotations[key], "new keys must restart the pods");
    });
});

describe("cache", () => {
    it("is a Redis of its own, whose password is in Secrets alone", async () => {
        const seen = await site({ cache: { kind: "redis" } });
        const password = "password of registry-cache-password";
        const holders = seen.filter((one) => JSON.stringify(one.inputs).includes(password)).map((one) => one.name);
        assert.deepEqual(holders.sort(), ["registry-cache", "registry-environment"]);
        for (const name of holders) {
            assert.ok(
                find(seen, types.secret, name).secrets.some((path) => path.startsWith("stringData")),
                name,
            );
        }
        assert.deepEqual(configOf(seen).storage.cache, { blobdescriptor: "redis" });
        assert.deepEqual(configOf(seen).redis, { addrs: ["image-registry-cache.kube-infra.svc:6379"] });
        const { spec } = find(seen, types.server, "registry-cache").inputs as { spec: { selector: unknown } };
        assert.deepEqual(spec.selector, {
            matchLabels: { "app.kubernetes.io/instance": "image-registry", "app.kubernetes.io/component": "cache" },
        });
    });

    it("is not there unless it is asked for", async () => {
        const seen = await site({});
        assert.equal(
            seen.some((one) => one.name.startsWith("registry-cache")),
            false,
        );
        assert.equal("cache" in configOf(seen).storage, false);
    });
});
