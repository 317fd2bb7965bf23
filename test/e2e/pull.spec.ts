import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { current, type Lab } from "../../lab/lab.ts";
import { Stack } from "../../lab/site/stack.ts";
import { openCluster } from "../../plugin/cluster.ts";
import type { ApiServer, KubeObject } from "../../plugin/copier/apiServer.ts";
import { rewriteEntries } from "../support/rewritingController.ts";

/** How long a new namespace may be without the Secret, in milliseconds. A pod takes longer to be scheduled and started. */
const windowMs = 1_000;
const label = "pull.test/e2e";
const secretName = "pull-login";

describe("pull secrets on the lab", () => {
    let lab: Lab;
    let stack: Stack;
    let api: ApiServer;
    let everywhere: Record<string, unknown> = {};
    const made = ["pull-declared", "pull-labelled", "pull-other", "pull-new-1", "pull-new-2", "pull-new-3"];

    async function pulumi(args: string[], code = 0): Promise<string> {
        const result = await stack.pulumi(args);
        assert.equal(result.code, code, `pulumi ${args.join(" ")}\n${result.stdout}\n${result.stderr}`);
        return result.stdout + result.stderr;
    }

    function set(pullSecret: Record<string, unknown>, registry: Record<string, unknown> = {}): void {
        stack.set((config) => {
            delete config["siteregistry:nodeTrust"];
            config["siteregistry:registry"] = {
                name: "pull-registry",
                namespace: "pull-registry",
                host: "pull.site.test",
                storage: { size: "1Gi", keepOnDestroy: false },
                proof: { enabled: false },
                pullSecret: {
                    name: secretName,
                    namespaces: ["pull-declared"],
                    serviceAccounts: ["default"],
                    ...pullSecret,
                },
                ...registry,
            };
        });
    }

    /** The namespaces that have the Secret, of those that this test made. */
    async function holders(): Promise<string[]> {
        const { items } = await api.list("/api/v1/secrets", { fieldSelector: `metadata.name=${secretName}` });
        const namespaces = items.map(({ metadata }) => metadata.namespace ?? "");
        return namespaces.filter((name) => made.includes(name)).sort();
    }

    async function entries(namespace: string): Promise<string[]> {
        const account = await api.get(`/api/v1/namespaces/${namespace}/serviceaccounts/default`);
        return ((account?.imagePullSecrets ?? []) as { name: string }[]).map(({ name }) => name);
    }

    async function create(name: string, labels: Record<string, string> = {}): Promise<void> {
        await api.send("POST", "/api/v1/namespaces", { metadata: { name, labels } });
    }

    async function until(milliseconds: number, condition: () => Promise<boolean>): Promise<number> {
        const begun = performance.now();
        while (!(await condition())) {
            assert.ok(performance.now() - begun < milliseconds, `not in ${milliseconds.toString()} ms`);
        }
        return Math.round(performance.now() - begun);
    }

    before(async () => {
        const found = await current();
        assert.ok(found !== undefined, "the lab is not up: npm run lab -- up");
        lab = found;
        api = await openCluster(readFileSync(lab.kubeconfig, "utf8"), new AbortController().signal);
        stack = new Stack("dev", mkdtempSync(join(tmpdir(), "pull-")), lab.kubeconfig, "pull");
        await stack.prepare();
        await create("pull-declared");
        await create("pull-labelled", { [label]: "yes" });
        await create("pull-other");
    });

    after(async () => {
        await stack.pulumi(["destroy", "--yes", "--skip-preview"]);
        for (const name of made) await api.send("DELETE", `/api/v1/namespaces/${name}`, {}).catch(() => undefined);
        stack.forget();
    });

    it("go to declared and labelled namespaces, and into ServiceAccounts that a controller rewrites all the time", async () => {
        let over = false;
        const controllers = ["pull-declared", "pull-labelled"].map((name) =>
            rewriteEntries(api, name, "default", () => over),
        );
        set({ namespaceSelector: { [label]: "yes" } });
        await pulumi(["up", "--yes", "--skip-preview"]);
        over = true;
        await Promise.all(controllers);
        assert.deepEqual(await holders(), ["pull-declared", "pull-labelled"]);
        // A site from before has none, and by that it is known.
        assert.match(await pulumi(["stack", "output", "separatePullSecrets", "--json"]), /^\[\]$/m);
        for (const name of ["pull-declared", "pull-labelled"]) {
            const [theirs, ...rest] = (await entries(name)).sort();
            assert.match(theirs ?? "", /^dockercfg-/);
            assert.deepEqual(rest, [secretName]);
        }
    });

    it("follow the list of names, and name the namespace that is not there", async () => {
        const namespaceSelector = { [label]: "yes" };
        set({ namespaces: ["pull-declared", "pull-other", "pull-nowhere"], namespaceSelector });
        const said = await pulumi(["up", "--yes", "--skip-preview"], 1);
        assert.match(said, /pull-nowhere: there is no such namespace: make it, or take it out of registry\.pullSecret/);
        assert.deepEqual(await holders(), ["pull-declared", "pull-labelled", "pull-other"]);
        set({ namespaceSelector });
        await pulumi(["up", "--yes", "--skip-preview"]);
        assert.deepEqual(await holders(), ["pull-declared", "pull-labelled"]);
        assert.deepEqual(await entries("pull-other"), []);
        await pulumi(["up", "--refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
    });

    it("stop the run when the labels are gone, and change nothing", async () => {
        const path = "/api/v1/namespaces/pull-labelled";
        const before = (await api.get(path)) as KubeObject;
        const labels = { ...before.metadata.labels, [label]: "no" };
        await api.send("PUT", path, { ...before, metadata: { ...before.metadata, labels } });
        const said = await pulumi(["preview"], 1);
        assert.match(said, /no namespace carries pull\.test\/e2e=yes any more, and 1 did \(pull-labelled\)/);
        assert.deepEqual(await holders(), ["pull-declared", "pull-labelled"]);
    });

    it("are everywhere, in a namespace that is made later within a second, and back after a deletion", async () => {
        const { items } = await api.list("/api/v1/namespaces", {}, true);
        const others = items.map(({ metadata }) => metadata.name).filter((name) => !name.startsWith("pull-"));
        everywhere = { everywhere: true, excludeNamespaces: others };
        set(everywhere);
        await pulumi(["up", "--yes", "--skip-preview"]);
        await until(5_000, async () => (await holders()).length === 3);
        const windows: number[] = [];
        for (const name of made.slice(3)) {
            await create(name);
            const secret = `/api/v1/namespaces/${name}/secrets/${secretName}`;
            windows.push(await until(windowMs, async () => (await api.get(secret)) !== undefined));
            await until(windowMs, async () => (await entries(name)).includes(secretName));
        }
        console.log(`        a new namespace was without it for at most ${Math.max(...windows).toString()} ms`);
        await api.send("DELETE", `/api/v1/namespaces/pull-other/secrets/${secretName}`, {});
        await until(windowMs, async () => (await holders()).includes("pull-other"));
        await pulumi(["preview", "--expect-no-changes"]);
    });

    it("carry a changed credential everywhere within a second of the update, which restarts nothing", async () => {
        const copier = "app.kubernetes.io/component=copier,app.kubernetes.io/instance=pull-registry";
        const pods = async () =>
            (await lab.kubectl(["-n", "pull-registry", "get", "pods", "-l", copier, "-o", "name"])).stdout;
        const before = await pods();
        set(everywhere, { users: [{ name: "registry", generations: [2] }] });
        await pulumi(["up", "--yes", "--skip-preview"]);
        const secrets = ["pull-other", "pull-new-1"].map((name) => `/api/v1/namespaces/${name}/secrets/${secretName}`);
        await until(windowMs, async () => {
            const found = await Promise.all(secrets.map((path) => api.get(path)));
            const texts = found.map((one) => (one?.data as Record<string, string>)[".dockerconfigjson"] ?? "");
            return texts.every((text) => Buffer.from(text, "base64").toString().includes('"registry.2"'));
        });
        assert.equal(await pods(), before);
    });

    it("leave nothing behind", async () => {
        await pulumi(["destroy", "--yes", "--skip-preview"]);
        assert.deepEqual(await holders(), []);
        for (const name of made) assert.ok(!(await entries(name)).includes(secretName), name);
        const roles = await lab.kubectl(["get", "clusterroles,clusterrolebindings", "-o", "name"]);
        assert.doesNotMatch(roles.stdout, /pull-registry/);
    });
});
