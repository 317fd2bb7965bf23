import assert from "node:assert/strict";

import { readSettings } from "../../settings.ts";
import { separatePullSecrets } from "../../settings/separatePullSecrets.ts";
import { buildSite } from "../../site.ts";
import { configure } from "../support/configuration.ts";
import { find, underMocks, type Registered } from "../support/mocks.ts";

function site(pullSecret: Record<string, unknown>, separatePullSecrets: string[] = []): Promise<Registered[]> {
    configure({
        registry: { host: "registry.example.org", extraHosts: ["images.example.org"], pullSecret },
        nodeTrust: {},
    });
    return underMocks(() => buildSite(readSettings(), [], { separatePullSecrets }));
}

const pluginResources = (seen: readonly Registered[]): string[] =>
    seen
        .filter(({ type }) => /^siteregistry:index:.*PullSecrets?$/.test(type))
        .map(({ type, name }) => `${type} ${name}`);

describe("pull secrets", () => {
    it("know the registry by its public hosts and by the Service's names with their port", async () => {
        const seen = await site({ namespaces: ["apps"] });
        const { dockerconfigjson } = find(seen, "siteregistry:index:NamespacePullSecrets", "registry-pull").inputs;
        const { auths } = JSON.parse(dockerconfigjson as string) as { auths: Record<string, unknown> };
        assert.deepEqual(Object.keys(auths), [
            "registry.example.org",
            "images.example.org",
            "image-registry:5000",
            "image-registry.kube-infra:5000",
            "image-registry.kube-infra.svc:5000",
            "image-registry.kube-infra.svc.cluster.local:5000",
        ]);
    });

    it("are one resource for all named namespaces, and none where none is named", async () => {
        assert.deepEqual(pluginResources(await site({})), []);
        const seen = await site({ namespaces: ["jobs", "apps"], serviceAccounts: ["default", "builder"] });
        assert.deepEqual(pluginResources(seen), ["siteregistry:index:NamespacePullSecrets registry-pull"]);
        const { inputs, secrets } = find(seen, "siteregistry:index:NamespacePullSecrets", "registry-pull");
        const { namespaces, serviceAccounts, owner, secretName } = inputs;
        assert.deepEqual(namespaces, ["jobs", "apps"]);
        assert.deepEqual(serviceAccounts, ["default", "builder"]);
        assert.deepEqual([owner, secretName], ["kube-infra", "image-registry-pull"]);
        assert.deepEqual(secrets, ["dockerconfigjson"]);
    });

    it("keep a resource of their own, and their ServiceAccounts', in namespaces that have had one", async () => {
        const seen = await site({ namespaces: ["apps", "jobs"], serviceAccounts: ["default"] }, ["apps", "gone"]);
        const { inputs } = find(seen, "kubernetes:core/v1:Secret", "registry-pull-apps");
        assert.deepEqual((inputs.metadata as { namespace: string }).namespace, "apps");
        assert.deepEqual(pluginResources(seen).sort(), [
            "siteregistry:index:NamespacePullSecrets registry-pull",
            "siteregistry:index:ServiceAccountPullSecret registry-pull-apps-default",
        ]);
        const list = find(seen, "siteregistry:index:NamespacePullSecrets", "registry-pull").inputs;
        assert.deepEqual(list.namespaces, ["jobs"]);
    });

    it("have had one wherever a registry has been that tells nothing of it", () => {
        configure({
            registry: { host: "registry.example.org", pullSecret: { namespaces: ["apps", "jobs"] } },
            nodeTrust: {},
        });
        const settings = readSettings();
        assert.deepEqual(separatePullSecrets(settings, {}), []);
        assert.deepEqual(separatePullSecrets(settings, { harborUrl: "https://harbor.example.org" }), []);
        assert.deepEqual(separatePullSecrets(settings, { users: ["registry"] }), ["apps", "jobs"]);
        const told = (separate: string[]) => ({ users: ["registry"], separatePullSecrets: separate });
        assert.deepEqual(separatePullSecrets(settings, told([])), []);
        assert.deepEqual(separatePullSecrets(settings, told(["jobs", "gone"])), ["jobs"]);
    });

    it("leave named namespaces out of the labelled ones", async () => {
        const seen = await site({ namespaces: ["apps"], namespaceSelector: { team: "a" } });
        const { inputs, secrets } = find(seen, "siteregistry:index:NamespacePullSecrets", "registry-pull-selected");
        assert.deepEqual(inputs.excludedNamespaces, ["kube-system", "kube-public", "kube-node-lease", "apps"]);
        assert.equal(inputs.owner, "kube-infra");
        assert.deepEqual(secrets, ["dockerconfigjson"]);
    });

    it("everywhere: the copier has the rights it needs, and no credential in its ConfigMap", async () => {
        const seen = await site({ everywhere: true, serviceAccounts: ["default"] });
        const role = find(seen, "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "registry-copier-role");
        assert.deepEqual(role.inputs.rules, [
            { apiGroups: [""], resources: ["namespaces"], verbs: ["list", "watch"] },
            { apiGroups: [""], resources: ["secrets"], verbs: ["create"] },
            {
                apiGroups: [""],
                resources: ["secrets"],
                resourceNames: ["image-registry-pull"],
                verbs: ["get", "list", "watch", "update", "delete"],
            },
            {
                apiGroups: [""],
                resources: ["serviceaccounts"],
                resourceNames: ["default"],
                verbs: ["get", "list", "watch", "update"],
            },
        ]);
        const reader = find(seen, "kubernetes:rbac.authorization.k8s.io/v1:Role", "registry-copier-reader");
        assert.deepEqual(reader.inputs.rules, [
            {
                apiGroups: [""],
                resources: ["secrets"],
                resourceNames: ["image-registry-copier"],
                verbs: ["get", "list", "watch"],
            },
        ]);
        const { inputs, secrets } = find(seen, "kubernetes:core/v1:ConfigMap", "registry-copier-program");
        assert.deepEqual(secrets, []);
        assert.doesNotMatch(JSON.stringify(inputs), /password of/);
        const credential = find(seen, "kubernetes:core/v1:Secret", "registry-copier-credential");
        assert.deepEqual(credential.secrets, ["stringData"]);
    });

    it("everywhere: without ServiceAccounts the copier has no right to them", async () => {
        const role = find(
            await site({ everywhere: true }),
            "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
            "registry-copier-role",
        );
        assert.doesNotMatch(JSON.stringify(role.inputs.rules), /serviceaccounts/);
    });

    it("report every mistake at once", () => {
        const registry = {
            host: "registry.example.org",
            pullSecret: {
                namespaces: ["apps", "apps", "kube-infra", "kube-system"],
                namespaceSelector: { "a/b/c": "x", team: "not a label!" },
                serviceAccounts: ["Default"],
                excludeNamespaces: ["UPPER"],
                copier: { image: "node:latest" },
            },
        };
        configure({ registry, nodeTrust: {} });
        assert.throws(readSettings, (error: Error) => {
            for (const key of [
                "namespaces",
                "namespaceSelector",
                "namespaceSelector.team",
                "serviceAccounts.0",
                "excludeNamespaces.0",
                "copier.image",
            ]) {
                assert.match(error.message, new RegExp(`registry\\.pullSecret\\.${key}: `), key);
            }
            return true;
        });
        const crossed = {
            namespaces: ["apps", "kube-infra"],
            everywhere: true,
            namespaceSelector: { a: "b" },
            excludeNamespaces: ["apps"],
        };
        configure({ registry: { host: "registry.example.org", pullSecret: crossed }, nodeTrust: {} });
        assert.throws(
            readSettings,
            /namespaceSelector: .*`everywhere` covers[^]*excludeNamespaces: .*apps: named in `namespaces` too/,
        );
        configure({ registry: { host: "registry.example.org", pullSecret: { allowNoMatch: true } }, nodeTrust: {} });
        assert.throws(readSettings, /allowNoMatch: is true; it says something of `namespaceSelector`/);
        configure({ registry: { host: "registry.example.org", pullSecret: { namespaceSelector: {} } }, nodeTrust: {} });
        assert.throws(readSettings, /namespaceSelector: is \{\}; name at least one label/);
    });
});
