import assert from "node:assert/strict";

import { readSettings } from "../../settings.ts";
import { buildSite } from "../../site.ts";
import { configure } from "../support/configuration.ts";
import { find, underMocks, type Registered } from "../support/mocks.ts";

const secretType = "kubernetes:core/v1:Secret";
const pullSecretsType = "siteregistry:index:NamespacePullSecrets";

function site(registry: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Promise<Registered[]> {
    configure({ registry: { host: "registry.example.org", ...registry }, nodeTrust: {}, ...more }, Object.keys(more));
    return underMocks(() => buildSite(readSettings(), []));
}

/** Storage that several pods may write to. */
const shared = { accessMode: "ReadWriteMany" };

describe("RegistryStack", () => {
    it("marks every secret, and nothing that must be readable", async () => {
        const seen = await site({ pullSecret: { namespaces: ["apps"] } });
        for (const name of ["registry-certs", "registry-users", "registry-environment"]) {
            const { secrets } = find(seen, secretType, name);
            assert.ok(secrets.includes("stringData") || secrets.some((path) => path.startsWith("stringData.")), name);
        }
        assert.deepEqual(find(seen, pullSecretsType, "registry-pull").secrets, ["dockerconfigjson"]);
        // A component's arguments are stored too, and its passwords are marked there.
        assert.deepEqual(find(seen, "siteregistry:index:PullProof", "proof").secrets, ["logins"]);
        const open = seen.filter((one) => one.type.startsWith("kubernetes:") && one.type !== secretType);
        assert.deepEqual(
            open.filter((one) => one.secrets.length > 0).map((one) => [one.name, one.secrets]),
            [],
        );
    });

    it("puts every name and address in use on the certificate", async () => {
        const seen = await site({
            extraHosts: ["images.example.org"],
            clusterHosts: ["192.0.2.7", "node.example.org"],
        });
        const { inputs } = find(seen, "tls:index/certRequest:CertRequest", "registry-server-request");
        assert.deepEqual(inputs.dnsNames, [
            "registry.example.org",
            "images.example.org",
            "image-registry",
            "image-registry.kube-infra",
            "image-registry.kube-infra.svc",
            "image-registry.kube-infra.svc.cluster.local",
            "node.example.org",
        ]);
        assert.deepEqual(inputs.ipAddresses, ["10.96.7.7", "192.0.2.7"]);
    });

    it("gives the certificates only the uses they are for", async () => {
        const seen = await site();
        const ca = find(seen, "tls:index/selfSignedCert:SelfSignedCert", "registry-ca-1").inputs;
        const server = find(seen, "tls:index/locallySignedCert:LocallySignedCert", "registry-server").inputs;
        assert.deepEqual(ca.allowedUses, ["cert_signing", "crl_signing"]);
        assert.equal(ca.isCaCertificate, true);
        assert.deepEqual(server.allowedUses, ["digital_signature", "server_auth"]);
        assert.equal(server.isCaCertificate ?? false, false);
    });

    it("hashes a generated password at cost 5 and a given one at 10", async () => {
        const seen = await site({ users: [{ name: "ci" }, { name: "ops" }] }, { passwords: { ops: "given by hand" } });
        const { stringData } = find(seen, secretType, "registry-users").inputs as { stringData: { htpasswd: string } };
        assert.match(stringData.htpasswd, /^ci:\$2b\$05\$\S{53}\nops:\$2b\$10\$\S{53}\n$/);
        const generated = seen.filter((one) => one.type.endsWith(":RandomPassword")).map((one) => one.name);
        assert.deepEqual(generated, [
            "registry-user-ci",
            "registry-salt-ci",
            "registry-salt-ops",
            "registry-http-secret",
        ]);
    });

    it("gives the same objects twice", async () => {
        assert.deepEqual(await site(), await site());
    });

    it("restarts nothing when a user is added", async () => {
        const one = find(await site(), "kubernetes:apps/v1:Deployment", "registry-server");
        const two = find(
            await site({ users: [{ name: "registry" }, { name: "second" }] }),
            "kubernetes:apps/v1:Deployment",
            "registry-server",
        );
        assert.deepEqual(one, two);
    });

    it("keeps selectors free of anything that changes", async () => {
        const seen = await site({ image: "docker.io/library/registry:3.1.1" });
        const { spec } = find(seen, "kubernetes:apps/v1:Deployment", "registry-server").inputs as {
            spec: { selector: unknown };
        };
        assert.deepEqual(spec.selector, {
            matchLabels: { "app.kubernetes.io/instance": "image-registry", "app.kubernetes.io/component": "registry" },
        });
    });

    it("lets only the role push through the gate, and gives each generation a line of its own", async () => {
        const seen = await site({
            users: [
                { name: "ci", generations: [1, 2] },
                { name: "pods", role: "pull" },
            ],
        });
        const { stringData } = find(seen, secretType, "registry-users").inputs as {
            stringData: { htpasswd: string; push: string };
        };
        const loginsOf = (file: string): string[] => file.split("\n").map((line) => line.split(":")[0] ?? "");
        assert.deepEqual(loginsOf(stringData.htpasswd), ["ci", "ci.2", "pods", ""]);
        assert.deepEqual(loginsOf(stringData.push), ["ci", "ci.2", ""]);
    });

    it("pulls with a user who can do no more, where there is one, by the credential that the registry has known longest", async () => {
        const seen = await site({
            users: [{ name: "ci" }, { name: "pods", role: "pull", generations: [1, 3] }],
            pullSecret: { namespaces: ["apps"] },
        });
        const { dockerconfigjson } = find(seen, pullSecretsType, "registry-pull").inputs;
        assert.match(dockerconfigjson as string, /"username":"pods"/);
    });

    it("has a budget for disruptions only where one pod can go while others stay", async () => {
        const budget = "kubernetes:policy/v1:PodDisruptionBudget";
        assert.equal((await site()).filter((one) => one.type === budget).length, 0);
        const { spec } = find(await site({ replicas: 2, storage: shared }), budget, "registry-disruption").inputs as {
            spec: { maxUnavailable: number };
        };
        assert.equal(spec.maxUnavailable, 1);
    });

    it("puts the site's labels on every object and into no selector", async () => {
        const seen = await site({ replicas: 2, storage: shared, labels: { category: "infrastructure" } });
        const text = JSON.stringify(seen.flatMap(({ inputs }) => selectorsOf(inputs)));
        assert.ok(text.includes("image-registry"));
        assert.ok(!text.includes("infrastructure"), text);
        for (const name of ["server", "service", "users", "storage", "ingress"].map((role) => `registry-${role}`)) {
            const object = seen.find((one) => one.name === name && one.type.startsWith("kubernetes:"))?.inputs as {
                metadata: { labels: Record<string, string> };
            };
            assert.equal(object.metadata.labels.category, "infrastructure", name);
        }
    });

    it("has no way in from outside when it is told so", async () => {
        const seen = await site({ exposure: "clusterOnly" });
        assert.deepEqual(
            seen.filter((one) => one.type.startsWith("kubernetes:traefik.io")),
            [],
        );
    });

    it("makes a pull secret in each namespace, with the chosen user", async () => {
        const seen = await site({
            users: [{ name: "ci" }, { name: "pods" }],
            pullSecret: { user: "pods", namespaces: ["a", "b"] },
        });
        const { namespaces, dockerconfigjson } = find(seen, pullSecretsType, "registry-pull").inputs;
        assert.deepEqual(namespaces, ["a", "b"]);
        const { auths } = JSON.parse(dockerconfigjson as string) as {
            auths: Record<string, { username: string; password: string }>;
        };
        assert.deepEqual(auths["registry.example.org"]?.username, "pods");
        assert.equal(auths["registry.example.org"].password, "password of registry-user-pods");
    });
});

/** Everything in an object that chooses pods. */
function selectorsOf(value: unknown): unknown[] {
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, child]: [string, unknown]) =>
        ["selector", "podSelector", "labelSelector", "matchLabels"].includes(key) ? [child] : selectorsOf(child),
    );
}

describe("PullProof", () => {
    const imageOf = (seen: readonly Registered[]): string => {
        const { spec } = find(seen, "kubernetes:apps/v1:DaemonSet", "proof-pull").inputs as {
            spec: { template: { spec: { containers: { image: string }[] } } };
        };
        return spec.template.spec.containers[0]?.image ?? "";
    };

    it("runs again when what it proved changes, and not otherwise", async () => {
        const before = imageOf(await site());
        assert.match(before, /^registry\.example\.org\/siteregistry\/proof:[0-9a-f]{12}@sha256:[0-9a-f]{64}$/);
        assert.equal(imageOf(await site()), before);
        assert.equal(imageOf(await site({ pullSecret: { namespaces: ["apps"] } })), before);
        for (const change of [{ users: [{ name: "other" }] }, { image: "docker.io/library/registry:3.1.1" }]) {
            assert.notEqual(imageOf(await site(change)), before, JSON.stringify(change));
        }
    });

    it("is left out when it is told so", async () => {
        const seen = await site({ proof: { enabled: false } });
        assert.deepEqual(
            seen.filter((one) => one.name.startsWith("proof")),
            [],
        );
    });
});
