import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { configMistakes } from "../../policy/judge.ts";
import { defaultsOf, wordsOf, type RuleConfig, type Subject } from "../../policy/rule.ts";
import { rules } from "../../policy/rules.ts";

const policies = join(import.meta.dirname, "..", "..", "policy");

function subject(type: string, props: Record<string, unknown>, name = "one"): Subject {
    return { type, name, props };
}

function workload(spec: Record<string, unknown>, replicas = 1, kind = "apps/v1:Deployment"): Subject {
    const template = { metadata: { labels: { app: "one" } }, spec };
    const metadata = { name: "one", namespace: "there" };
    return subject(`kubernetes:${kind}`, { metadata, spec: { replicas, template } });
}

function budget(spec: Record<string, unknown>): Subject {
    const metadata = { name: "budget", namespace: "there" };
    const selector = { matchLabels: { app: "one" } };
    return subject("kubernetes:policy/v1:PodDisruptionBudget", { metadata, spec: { selector, ...spec } });
}

function claim(mode: string): Subject {
    const props = { metadata: { name: "images", namespace: "there" }, spec: { accessModes: [mode] } };
    return subject("kubernetes:core/v1:PersistentVolumeClaim", props);
}

const image = (one: string): Subject => workload({ containers: [{ name: "a", image: one }] });
const configMap = (text: string): Subject =>
    subject("kubernetes:core/v1:ConfigMap", { metadata: { name: "plain" }, data: { text } });
const onClaim = {
    volumes: [{ name: "images", persistentVolumeClaim: { claimName: "images" } }],
    containers: [{ name: "a", image: "docker.io/library/busybox:1.36.1" }],
};
const registry = { name: "registry", image: "docker.io/library/registry:3.1.2" };
const fromSecret = { ...registry, envFrom: [{ secretRef: { name: "environment" } }] };
const hash = `$2b$05$${"a".repeat(53)}`;

/** For each rule: what violates it, what does not although it is close, and what a stack's own configuration lets pass. */
const cases: Record<string, { bad: Subject[][]; good: Subject[][]; allowed?: { config: RuleConfig; of: Subject[] } }> =
    {
        "verified-tls": {
            bad: [
                [subject("siteregistry:index:HarborEndpoint", { url: "https://hub.example.org", insecure: true })],
                [
                    subject("pulumi:providers:siteregistry", {
                        harborUrl: "https://harbor.site.test",
                        harborInsecure: "true",
                    }),
                ],
                [subject("siteregistry:index:NodeCaTrust", { insecureRegistries: ["old.site.test:5000"] })],
                [subject("siteregistry:index:OkdImageStream", { tags: [{ name: "1", insecure: true }] })],
            ],
            good: [[subject("siteregistry:index:HarborEndpoint", { url: "https://hub.example.org", insecure: false })]],
            allowed: {
                config: { allowed: ["old.site.test:5000"] },
                of: [subject("siteregistry:index:NodeCaTrust", { insecureRegistries: ["old.site.test:5000"] })],
            },
        },
        "no-plaintext-exposure": {
            bad: [
                [subject("kubernetes:networking.k8s.io/v1:Ingress", { spec: { rules: [] } })],
                [subject("kubernetes:traefik.io/v1alpha1:IngressRouteTCP", { spec: { routes: [] } })],
                [
                    subject("kubernetes:gateway.networking.k8s.io/v1:Gateway", {
                        spec: { listeners: [{ name: "web", protocol: "HTTP" }] },
                    }),
                ],
                [subject("kubernetes:core/v1:Service", { spec: { type: "NodePort", ports: [{ port: 80 }] } })],
            ],
            good: [
                [subject("kubernetes:networking.k8s.io/v1:Ingress", { spec: { tls: [{ secretName: "a" }] } })],
                [subject("kubernetes:core/v1:Service", { spec: { type: "ClusterIP", ports: [{ port: 80 }] } })],
            ],
            allowed: {
                config: { allowed: ["one"] },
                of: [subject("kubernetes:networking.k8s.io/v1:Ingress", { spec: {} })],
            },
        },
        "exact-tags": {
            bad: ["docker.io/library/redis", "registry:5000/redis", "docker.io/library/redis:latest", "a/redis:8"].map(
                (one) => [image(one)],
            ),
            good: [
                [image("docker.io/library/redis:7.2.5")],
                [image(`docker.io/library/redis@sha256:${"0".repeat(64)}`)],
                [image("04da6b54-80e4-46f7-96ec-b56ff0331ba9")],
            ],
            allowed: { config: { floating: [], exact: ["a/redis:8"] }, of: [image("a/redis:8")] },
        },
        "certificate-lifetime": {
            bad: [
                [subject("tls:index/locallySignedCert:LocallySignedCert", { validityPeriodHours: 399 * 24 })],
                [
                    subject("tls:index/selfSignedCert:SelfSignedCert", {
                        validityPeriodHours: 8000 * 24,
                        isCaCertificate: true,
                    }),
                ],
            ],
            good: [[subject("tls:index/locallySignedCert:LocallySignedCert", { validityPeriodHours: 9528 })]],
            allowed: {
                config: { maxDays: 400, maxAuthorityDays: 1 },
                of: [subject("tls:index/locallySignedCert:LocallySignedCert", { validityPeriodHours: 399 * 24 })],
            },
        },
        drainable: {
            bad: [
                [budget({ maxUnavailable: 0 })],
                [budget({ minAvailable: "100%" })],
                [budget({ minAvailable: 2 }), workload({ containers: [] }, 2)],
            ],
            good: [[budget({ maxUnavailable: 1 })], [budget({ minAvailable: 1 }), workload({ containers: [] }, 2)]],
        },
        "shared-by-all-pods": {
            bad: [
                [workload(onClaim, 2), claim("ReadWriteOnce")],
                [workload({ containers: [registry] }, 2)],
                [
                    workload(
                        {
                            volumes: [{ name: "images", emptyDir: {} }],
                            containers: [
                                { ...fromSecret, volumeMounts: [{ name: "images", mountPath: "/var/lib/registry" }] },
                            ],
                        },
                        2,
                    ),
                ],
            ],
            good: [
                [workload(onClaim, 1), claim("ReadWriteOnce")],
                [workload(onClaim, 2), claim("ReadWriteMany")],
                [workload({ containers: [fromSecret] }, 2)],
            ],
        },
        "no-plain-secrets": {
            bad: [
                "-----BEGIN EC PRIVATE KEY-----\nMHcC\n",
                '{"auths":{"a":{"auth":"YWRtaW46c2VjcmV0"}}}',
                `reader:${hash}`,
                "redis://user:hunter22@redis:6379",
            ].map((text) => [configMap(text)]),
            good: [
                [configMap("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")],
                [configMap('curl "https://$user:$password@host" # http://host:5000/v2/')],
                [subject("kubernetes:core/v1:Secret", { stringData: { users: `reader:${hash}` } })],
            ],
            allowed: { config: { allowed: ["plain"] }, of: [configMap(`reader:${hash}`)] },
        },
        "no-default-passwords": {
            bad: [
                [subject("pulumi:providers:siteregistry", { harborPassword: "Harbor12345" })],
                [subject("kubernetes:core/v1:Secret", { stringData: { password: "changeme" } })],
                [subject("kubernetes:core/v1:Secret", { data: { password: Buffer.from("admin").toString("base64") } })],
                [subject("kubernetes:core/v1:Secret", { stringData: { login: 'user = "reader:password"\n' } })],
            ],
            good: [[subject("kubernetes:core/v1:Secret", { stringData: { password: "k3Jf-9sLw0", name: "admin" } })]],
            allowed: {
                config: { known: [] },
                of: [subject("pulumi:providers:siteregistry", { harborPassword: "Harbor12345" })],
            },
        },
        "kept-data": {
            bad: [
                [subject("siteregistry:index:RegistryStack", { storage: { kind: "volume", keepOnDestroy: false } })],
                [subject("siteregistry:index:RegistryStack", { storage: { kind: "emptyDir", keepOnDestroy: true } })],
                [subject("kubernetes:core/v1:PersistentVolume", { spec: { persistentVolumeReclaimPolicy: "Delete" } })],
            ],
            good: [
                [subject("siteregistry:index:RegistryStack", { storage: { kind: "volume", keepOnDestroy: true } })],
                [subject("siteregistry:index:RegistryStack", { storage: { kind: "s3", keepOnDestroy: false } })],
            ],
            allowed: {
                config: { disposable: ["one"] },
                of: [subject("siteregistry:index:RegistryStack", { storage: { kind: "emptyDir" } })],
            },
        },
        "named-privileges": {
            bad: [
                [workload({ containers: [{ name: "a", securityContext: { privileged: true } }] })],
                [workload({ hostNetwork: true, containers: [] }, 1, "apps/v1:DaemonSet")],
                [workload({ containers: [], volumes: [{ name: "a", hostPath: { path: "/" } }] })],
                [
                    workload({
                        initContainers: [{ name: "a", securityContext: { capabilities: { add: ["SYS_ADMIN"] } } }],
                    }),
                ],
            ],
            good: [[workload({ containers: [{ name: "a", securityContext: { privileged: false } }] })]],
            allowed: { config: { allowed: ["there/one"] }, of: [workload({ hostPID: true, containers: [] })] },
        },
    };

function problems(id: string, subjects: Subject[], config?: RuleConfig): string[] {
    const rule = rules.find((one) => one.id === id);
    assert.ok(rule !== undefined, id);
    const with_ = { ...defaultsOf(rule), ...config };
    return [...subjects.flatMap((one) => rule.check?.(one, with_) ?? []), ...(rule.checkAll?.(subjects, with_) ?? [])];
}

describe("policies", () => {
    it("each has a file, an id of its own, a level, a reason, a remedy, and a case here that violates it", () => {
        const ids = rules.map(({ id }) => id);
        assert.equal(new Set(ids).size, ids.length);
        assert.equal(readdirSync(join(policies, "rules")).length, rules.length);
        assert.deepEqual(Object.keys(cases).sort(), [...ids].sort());
        for (const rule of rules) {
            assert.ok(rule.reason.length > 20 && rule.remedy.length > 20 && rule.description.endsWith("."), rule.id);
            const words = wordsOf(rule, "registry", "is wrong");
            assert.ok(
                words.includes(rule.reason) && words.includes(rule.remedy) && words.startsWith("registry: is wrong."),
            );
        }
    });

    for (const [id, { bad, good, allowed }] of Object.entries(cases)) {
        it(id, () => {
            for (const subjects of bad) assert.equal(problems(id, subjects).length, 1, JSON.stringify(subjects));
            for (const subjects of good) assert.deepEqual(problems(id, subjects), [], JSON.stringify(subjects));
            if (allowed !== undefined) {
                assert.notDeepEqual(problems(id, allowed.of), []);
                assert.deepEqual(problems(id, allowed.of, allowed.config), []);
            }
        });
    }

    it("never repeat a secret", () => {
        const said = problems("no-plain-secrets", [configMap(`reader:${hash}`)]).join();
        assert.ok(!said.includes(hash), said);
        const password = problems("no-default-passwords", [subject("a:b:C", { password: "Harbor12345" })]).join();
        assert.ok(!password.includes("Harbor12345"), password);
    });

    it("the configurations here have no mistake, and every mistake in one is named", () => {
        for (const file of readdirSync(policies).filter((one) => /^(?!package).*\.json$/.test(one)))
            assert.deepEqual(configMistakes(JSON.parse(readFileSync(join(policies, file), "utf8"))), [], file);
        const wrong = {
            nothing: {},
            "kept-data": { disposible: ["registry"] },
            "verified-tls": { allowed: "host" },
            "certificate-lifetime": { maxDays: 0, enforcementLevel: "strict" },
            drainable: "advisory",
            "drainable-together": "disabled",
        };
        const said = configMistakes(wrong);
        assert.equal(said.length, 5, said.join("\n"));
        assert.match(said.join("\n"), /^nothing: no such policy; known are .*kept-data/);
        assert.match(said.join("\n"), /kept-data\.disposible: no such setting; known are .*disposable/);
        assert.match(said.join("\n"), /verified-tls\.allowed: is "host"; allowed is a list/);
        assert.match(said.join("\n"), /maxDays: is 0; allowed is a whole number from 1/);
        assert.match(said.join("\n"), /enforcementLevel: is "strict"; allowed are mandatory/);
    });
});
