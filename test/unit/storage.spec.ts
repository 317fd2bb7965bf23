import assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import { redisConfig } from "../../components/registry/cache.ts";
import { registryConfig, type StorageConfig } from "../../components/registry/registryConfig.ts";
import { s3Driver } from "../../components/registry/storage/bucket.ts";
import type { StorageFacts } from "../../components/registry/storage/facts.ts";
import { keptVolume } from "../../components/registry/storage/kept.ts";
import { readSettings } from "../../settings.ts";
import { lostImages } from "../../settings/storageChange.ts";
import { configure } from "../support/configuration.ts";

const host = "registry.example.org";
const credentials = { accessKey: "AKIAEXAMPLE", secretKey: "a secret that nobody may see" };

/** The lines of the one error that reading these values gives. */
function mistakes(registry: Record<string, unknown>, more: Record<string, unknown> = {}): string[] {
    configure({ registry: { host, ...registry }, nodeTrust: {}, ...more }, Object.keys(more));
    try {
        readSettings();
    } catch (error) {
        assert.ok(pulumi.RunError.isInstance(error));
        return error.message.split("\n  ").slice(1);
    }
    return [];
}

function registryOf(registry: Record<string, unknown>): ReturnType<typeof readSettings>["registry"] {
    configure({ registry: { host, ...registry }, nodeTrust: {} });
    return readSettings().registry;
}

describe("settings of storage", () => {
    it("fills in the defaults of the kind volume", () => {
        assert.deepEqual(registryOf({})?.storage, {
            kind: "volume",
            size: "20Gi",
            accessMode: "ReadWriteOnce",
            keepOnDestroy: true,
        });
        assert.deepEqual(registryOf({ storage: { kind: "emptyDir" } })?.storage.emptyDir, { sizeLimit: "10Gi" });
    });

    it("refuses by key what does not belong to the chosen kind", () => {
        const lines = mistakes(
            { storage: { kind: "s3", size: "1Gi", nfs: { server: "nas", path: "/images" }, s3: { bucket: "images" } } },
            { s3Credentials: credentials },
        );
        assert.equal(lines.length, 2, lines.join("\n"));
        assert.match(
            lines[0] ?? "",
            /^registry\.storage\.size: is "1Gi"; it means nothing for the kind s3, which has s3/,
        );
        assert.match(lines[1] ?? "", /^registry\.storage\.nfs: is \{.*it means nothing for the kind s3/);
        assert.match(
            mistakes({ storage: { kind: "nfs", keepOnDestroy: true } })[0] ?? "",
            /^registry\.storage\.keepOnDestroy/,
        );
    });

    it("names the section that a kind needs", () => {
        for (const kind of ["nfs", "hostPath", "s3"]) {
            const lines = mistakes({ storage: { kind } }, kind === "s3" ? { s3Credentials: credentials } : {});
            assert.deepEqual(lines, [`registry.storage.${kind}: is missing; the kind ${kind} needs this section`]);
        }
    });

    it("refuses several pods on storage for one writer", () => {
        const single = [
            {},
            { accessMode: "ReadWriteOncePod" },
            { kind: "emptyDir" },
            { kind: "hostPath", hostPath: { path: "/srv/images", node: "node1" } },
        ];
        for (const storage of single) {
            const lines = mistakes({ replicas: 2, storage });
            assert.match(lines[0] ?? "", /^registry\.replicas: is 2; more than one pod needs storage for many writers/);
        }
        assert.deepEqual(mistakes({ replicas: 2, storage: { accessMode: "ReadWriteMany" } }), []);
        const nfs = { server: "nas.example.org", path: "/images" };
        assert.deepEqual(mistakes({ replicas: 3, storage: { kind: "nfs", nfs } }), []);
    });

    it("checks the keys of a bucket without showing one", () => {
        const storage = { kind: "s3", s3: { bucket: "images" } };
        assert.deepEqual(mistakes({ storage }, { s3Credentials: credentials }), []);
        const lines = [
            ...mistakes({ storage }),
            ...mistakes({ storage }, { s3Credentials: { ...credentials, secretKey: 7, token: "hidden" } }),
            ...mistakes({}, { s3Credentials: credentials }),
        ];
        assert.deepEqual(
            lines.map((line) => line.split(":")[0]),
            [
                "s3Credentials.accessKey",
                "s3Credentials.secretKey",
                "s3Credentials.token",
                "s3Credentials.secretKey",
                "s3Credentials",
            ],
        );
        assert.doesNotMatch(lines.join("\n"), /AKIA|nobody may see|hidden/);
    });

    it("refuses endpoints and paths that would fail later", () => {
        for (const endpoint of [
            "s3.example.org",
            "ftp://s3.example.org",
            "https://s3.example.org/images",
            "https://a@b",
        ]) {
            const lines = mistakes(
                { storage: { kind: "s3", s3: { bucket: "images", endpoint } } },
                { s3Credentials: credentials },
            );
            assert.match(lines[0] ?? "", /^registry\.storage\.s3\.endpoint: is .*allowed is http/, endpoint);
        }
        for (const path of ["images", "/srv/../etc", "/srv/images:ro"]) {
            const lines = mistakes({ storage: { kind: "hostPath", hostPath: { path, node: "node1" } } });
            assert.match(lines[0] ?? "", /^registry\.storage\.hostPath\.path: is/, path);
        }
        const node = `${"a".repeat(60)}.${"b".repeat(3)}`;
        const [line = ""] = mistakes({ storage: { kind: "hostPath", hostPath: { path: "/srv/images", node } } });
        assert.match(line, /^registry\.storage\.hostPath\.node: is .*at most 63 characters/);
    });
});

describe("a change that would cost images", () => {
    const before: StorageFacts = {
        kind: "volume",
        name: "image-registry",
        namespace: "kube-infra",
        createNamespace: true,
        size: "20Gi",
        accessMode: "ReadWriteOnce",
        keepOnDestroy: true,
    };
    const lost = (now: Record<string, unknown>, was: Partial<StorageFacts> = {}): string[] =>
        lostImages({ ...before, ...was }, registryOf(now));
    const keys = (lines: string[]): string[] => lines.map((line) => line.split(":")[0] ?? "");

    it("is none when nothing or only the size grows", () => {
        assert.deepEqual(lost({}), []);
        assert.deepEqual(lost({ storage: { size: "1Ti" } }), []);
        assert.deepEqual(lost({ storage: { size: "20480Mi" } }), []);
        assert.deepEqual(lostImages(before, undefined), []);
    });

    it("is refused by key with the steps that save them", () => {
        const lines = lost({
            name: "images",
            storage: { size: "19Gi", storageClass: "fast", accessMode: "ReadWriteMany" },
        });
        assert.deepEqual(keys(lines), [
            "registry.name",
            "registry.storage.storageClass",
            "registry.storage.accessMode",
            "registry.storage.size",
        ]);
        assert.match(
            lines[1] ?? "",
            /is "fast", was not set; .* make a claim .*; copy .*; set registry\.storage\.existingClaim/,
        );
        assert.match(lines[3] ?? "", /is "19Gi", was "20Gi"; the claim image-registry cannot shrink/);
        assert.deepEqual(keys(lost({}, { storageClass: "slow" })), ["registry.storage.storageClass"]);
        assert.deepEqual(keys(lost({ namespace: "other" })), ["registry.namespace"]);
    });

    it("is done by its steps where the old claim is kept, and refused where it is not", () => {
        const steps = [{ existingClaim: "bigger" }, { existingClaim: "image-registry" }, { kind: "emptyDir" }];
        for (const storage of steps) {
            assert.deepEqual(lost({ storage }), []);
            const lines = lost({ storage }, { keepOnDestroy: false });
            assert.match(lines.join("\n"), /would be deleted: first set registry\.storage\.keepOnDestroy to true/);
        }
        assert.deepEqual(
            lost({ storage: { existingClaim: "third" } }, { existingClaim: "bigger", keepOnDestroy: false }),
            [],
        );
    });

    it("is a namespace that would be deleted because it is no longer made", () => {
        assert.deepEqual(lost({ createNamespace: false }), []);
        assert.deepEqual(keys(lost({ createNamespace: false }, { keepOnDestroy: false })), [
            "registry.createNamespace",
        ]);
    });
});

describe("what stays after destroy", () => {
    it("is told with the commands that use it again and those that remove it", () => {
        const kept = keptVolume({ namespace: "kube-infra", claim: "image-registry", given: false }, "pvc-1");
        assert.match(kept.stays, /image-registry .* pvc-1, .* kube-infra/);
        assert.deepEqual(kept.useAgain, [
            "npx pulumi config set --path siteregistry:registry.createNamespace false",
            "npx pulumi config set --path siteregistry:registry.storage.existingClaim image-registry",
        ]);
        assert.equal(kept.removeForGood.length, 2);
        assert.deepEqual(keptVolume({ namespace: "a", claim: "b", given: true }, "c").useAgain, []);
    });
});

describe("configuration of storage and cache", () => {
    const parsed = (storage: StorageConfig): { storage: Record<string, unknown>; redis?: unknown } =>
        JSON.parse(registryConfig({ realm: host, drainSeconds: 30, storage })) as {
            storage: Record<string, unknown>;
            redis?: unknown;
        };

    it("names a bucket without its keys", () => {
        const driver = s3Driver({
            bucket: "images",
            region: "us-east-1",
            endpoint: "http://s3:9000",
            pathStyle: true,
            redirect: false,
        });
        assert.deepEqual(driver, {
            bucket: "images",
            region: "us-east-1",
            regionendpoint: "http://s3:9000",
            forcepathstyle: true,
            secure: false,
        });
        const { storage } = parsed({ driver: { s3: driver }, redirect: false });
        assert.deepEqual(storage.redirect, { disable: true });
        assert.equal("filesystem" in storage, false);
        assert.deepEqual(parsed({ driver: { s3: driver }, redirect: true }).storage.redirect, { disable: false });
    });

    it("has a cache only when there is a Redis, and never one in memory", () => {
        const driver = { filesystem: { rootdirectory: "/var/lib/registry" } };
        assert.equal("cache" in parsed({ driver, redirect: false }).storage, false);
        const { storage, redis } = parsed({ driver, redirect: false, cacheAddress: "cache:6379" });
        assert.deepEqual(storage.cache, { blobdescriptor: "redis" });
        assert.deepEqual(redis, { addrs: ["cache:6379"] });
    });

    it("has Redis forget before it runs out of memory, and write nothing", () => {
        assert.match(redisConfig("secret"), /^requirepass secret$/m);
        assert.match(redisConfig("secret"), /^maxmemory-policy allkeys-lru$/m);
        assert.match(redisConfig("secret"), /^appendonly no$/m);
    });
});
