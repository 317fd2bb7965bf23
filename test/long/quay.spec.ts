import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parse } from "yaml";

import { Stack } from "../../lab/site/stack.ts";
import { PluginClient } from "../support/pluginClient.ts";
import { contract } from "../support/contracts.ts";
import { OkdCluster } from "../okd/cluster.ts";
import { QuayOperators } from "../quay/operators.ts";
import { QuayServer } from "../quay/server.ts";

const namespace = "quay-registry";
const secrets = `/api/v1/namespaces/${namespace}/secrets`;
const registries = `/apis/quay.redhat.com/v1/namespaces/${namespace}/quayregistries`;
const olm = `/apis/operators.coreos.com/v1alpha1/namespaces/${namespace}`;

function definitions(): string[] {
    const folder = contract("crds/olm");
    return [
        ...readdirSync(folder).map((name) => join(folder, name)),
        contract("crds/quay/quayregistries-3.17.crd.yaml"),
    ];
}

describe("the stack quay, with the engine, OLM's and Quay's definitions, and their operators played", () => {
    const said: string[] = [];
    let folder: string;
    let cluster: OkdCluster;
    let quay: QuayServer;
    let operators: QuayOperators;
    let stack: Stack;

    before(async function () {
        this.timeout(240_000);
        folder = mkdtempSync(join(tmpdir(), "quay-long-"));
        cluster = await OkdCluster.start({ definitions: definitions() });
        // No controller here takes namespaces away again.
        await cluster.put(`/api/v1/namespaces/${namespace}`, {
            ...{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
        });
        quay = await QuayServer.start();
        operators = new QuayOperators(cluster.api, quay, namespace);
        operators.start();
        stack = new Stack("quay", join(folder, "site"), cluster.kubeconfig, "quay-long");
        await stack.prepare();
        change((section) => {
            section.createNamespace = false;
            section.timeoutSeconds = 60;
        });
        const pairs = ["accessKey=key", "secretKey=hunter2"].flatMap((pair) => [
            ...["--secret", `siteregistry:quayCredentials.s3.${pair}`],
        ]);
        await succeed(["config", "set-all", "--path", ...pairs]);
    });

    after(async () => {
        await operators.stop();
        await quay.stop();
        await cluster.stop();
        rmSync(folder, { recursive: true, force: true });
    });

    function change(edit: (section: Record<string, unknown>) => void): void {
        stack.set((config) => {
            edit(config["siteregistry:quay"] as Record<string, unknown>);
        });
    }

    async function succeed(args: string[]): Promise<string> {
        const { code, stdout, stderr } = await stack.pulumi(args);
        said.push(stdout, stderr);
        assert.equal(code, 0, `pulumi ${args.slice(0, 3).join(" ")}\n${stdout}${stderr}`);
        return stdout;
    }

    async function bundle(): Promise<Record<string, unknown>> {
        const { data } = await cluster.get(`${secrets}/site-config-bundle`);
        const text = (data as Record<string, string>)["config.yaml"] ?? "";
        return parse(Buffer.from(text, "base64").toString()) as Record<string, unknown>;
    }

    it("comes up: operator approved, Quay ready, first user, organisation, robots, and the flag off again", async () => {
        await succeed(["up", "--yes", "--skip-preview"]);
        const { installedCSV } = (await cluster.get(`${olm}/subscriptions/quay-operator`)).status as {
            installedCSV: string;
        };
        assert.equal(installedCSV, "quay-operator.v3.17.0");
        assert.deepEqual(operators.flags, [false, true, false]);
        assert.equal((await bundle()).FEATURE_USER_INITIALIZE, false);
        assert.deepEqual([...quay.state.users.keys()], ["quayadmin"]);
        assert.deepEqual([...quay.state.repository("apps/backend").users].sort(), [
            ["apps+ci", "write"],
            ["apps+pull", "read"],
        ]);
        const { data } = await cluster.get("/api/v1/namespaces/web/secrets/quay-pull");
        const login = Buffer.from((data as Record<string, string>)[".dockerconfigjson"] ?? "", "base64").toString();
        const token = quay.state.organization("apps").robots.get("pull")?.token ?? "none";
        assert.deepEqual(JSON.parse(login), {
            auths: {
                [new URL(quay.url).host]: {
                    ...{ username: "apps+pull", password: token },
                    auth: Buffer.from(`apps+pull:${token}`).toString("base64"),
                },
            },
        });
        const state = await succeed(["stack", "export"]);
        const password = quay.state.users.get("quayadmin")?.password ?? "";
        for (const secret of [token, password, "hunter2"])
            assert.ok(!state.includes(secret) && said.every((text) => !text.includes(secret)));
    });

    it("shows no change afterwards, and a refresh no drift", async () => {
        await succeed(["preview", "--expect-no-changes"]);
        await succeed(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
    });

    it("waits until the pods use a changed bundle, and makes no user again", async () => {
        change((section) => {
            section.config = { REGISTRY_TITLE: "Site" };
        });
        await succeed(["up", "--yes", "--skip-preview"]);
        assert.equal((await bundle()).REGISTRY_TITLE, "Site");
        assert.deepEqual(operators.flags, [false, true, false]);
        const { items } = await cluster.api.list(secrets);
        const app = JSON.stringify(
            (await cluster.get(`/apis/apps/v1/namespaces/${namespace}/deployments/site-quay-app`)).spec,
        );
        const used = items.find(({ metadata }) => app.includes(`"${metadata.name}"`));
        const text = Buffer.from((used?.data as Record<string, string>)["config.yaml"] ?? "", "base64").toString();
        assert.match(text, /REGISTRY_TITLE: Site/);
        await succeed(["preview", "--expect-no-changes"]);
    });

    it("fails fast with the operator's words where the bundle is wrong, and says what OLM does not find", async () => {
        const name = "broken";
        await cluster.put(`${secrets}/${name}-config-bundle`, {
            ...{ apiVersion: "v1", kind: "Secret" },
            metadata: { name: `${name}-config-bundle`, namespace },
            data: { "config.yaml": Buffer.from("TESTING: false\n").toString("base64") },
        });
        await cluster.put(`${registries}/${name}`, {
            ...{ apiVersion: "quay.redhat.com/v1", kind: "QuayRegistry", metadata: { name, namespace } },
            spec: {
                configBundleSecret: `${name}-config-bundle`,
                components: [{ kind: "objectstorage", managed: false }],
            },
        });
        await cluster.put(`${olm}/subscriptions/${name}`, {
            ...{ apiVersion: "operators.coreos.com/v1alpha1", kind: "Subscription", metadata: { name, namespace } },
            spec: { name: "quay-operator", source: "community-operators", sourceNamespace: "openshift-marketplace" },
        });
        const plugin = await PluginClient.start("QuayReadiness", cluster.kubeconfig);
        const refusal = async (type: string, inputs: Record<string, unknown>): Promise<string> => {
            let text = "";
            await assert.rejects(plugin.of(type).create(inputs), (error: Error) => {
                text = PluginClient.partial(error).message;
                return true;
            });
            return text;
        };
        const where = { namespace, registry: name, bundle: `${name}-config-bundle`, timeoutSeconds: 20 };
        assert.match(
            await refusal("QuayReadiness", { ...where, routerRoots: true }),
            /objectstorage. marked as unmanaged, but .* is missing necessary fields/,
        );
        const wanted = { package: "quay-operator", channel: "stable-3.17", approval: "Automatic", timeoutSeconds: 20 };
        assert.match(
            await refusal("QuayOperator", { ...wanted, namespace, subscription: name }),
            /OLM does not find quay-operator, channel stable-3\.17: .*no operators found in package/,
        );
        plugin.stop();
        await cluster.api.send("DELETE", `${registries}/${name}`);
        await cluster.api.send("DELETE", `${olm}/subscriptions/${name}`);
        await cluster.api.send("DELETE", `${secrets}/${name}-config-bundle`);
    });

    it("is refused before anything changes where its host is outside the ingress domain without a certificate", async () => {
        change((section) => {
            section.host = "quay.elsewhere.test";
        });
        const { code, stdout, stderr } = await stack.pulumi(["preview"]);
        assert.notEqual(code, 0);
        assert.match(
            stdout + stderr,
            /quay\.host: is quay\.elsewhere\.test, which the router's certificate for \*\.apps\.okd\.site\.test does not name/,
        );
        change((section) => {
            delete section.host;
        });
    });

    it("goes with all that it made", async () => {
        await succeed(["destroy", "--yes", "--skip-preview"]);
        assert.equal((await cluster.api.list(registries)).items.length, 0);
        assert.equal((await cluster.api.list(`${olm}/subscriptions`)).items.length, 0);
        assert.equal((await cluster.api.list(`${olm}/clusterserviceversions`)).items.length, 0);
        assert.equal(await cluster.api.get(`${secrets}/site-config-bundle`), undefined);
        assert.equal(await cluster.api.get("/api/v1/namespaces/web/secrets/quay-pull"), undefined);
    });
});
