import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parse, stringify } from "yaml";

import { current, type Lab } from "../../lab/lab.ts";
import { eventually } from "../../lab/machines/command.ts";
import { Stack } from "../../lab/site/stack.ts";
import { commentOf } from "../../tools/review/comment.ts";
import { readPreview } from "../../tools/review/preview.ts";

const name = "review-e2e";
const rights = join(import.meta.dirname, "..", "..", "examples", "review", "clusterrole.yaml");

interface Kubeconfig {
    users: { name: string; user: unknown }[];
}

describe("review: the rights of a preview", () => {
    let lab: Lab;
    let folder: string;
    let kubeconfig: string;

    before(async () => {
        const found = await current();
        assert.ok(found !== undefined, "the lab is not up: npm run lab -- up");
        lab = found;
        folder = mkdtempSync(join(tmpdir(), `${name}-`));
        const applied = await lab.kubectl(["apply", "-f", rights]);
        assert.equal(applied.code, 0, applied.stderr);
        const token = await lab.kubectl(["--namespace", "registry-review", "create", "token", "preview"]);
        assert.equal(token.code, 0, token.stderr);
        const config = parse(readFileSync(lab.kubeconfig, "utf8")) as Kubeconfig;
        for (const one of config.users) one.user = { token: token.stdout.trim() };
        kubeconfig = join(folder, "kubeconfig");
        writeFileSync(kubeconfig, stringify(config), { mode: 0o600 });
    });

    after(async () => {
        await lab.kubectl(["delete", "-f", rights, "--ignore-not-found", "--wait=false"]);
        rmSync(folder, { recursive: true, force: true });
    });

    it("suffice for a preview of dev, whose comment tells what is created and no secret", async () => {
        const stack = new Stack("dev", join(folder, "site"), kubeconfig, name);
        await stack.prepare();
        stack.set((settings) => {
            const registry = settings["siteregistry:registry"] as Record<string, unknown>;
            const own = { name, namespace: name, host: `${name}.site.test`, proof: { namespace: `${name}-proof` } };
            settings["siteregistry:registry"] = { ...registry, ...own };
            settings["siteregistry:nodeTrust"] = { namespace: `${name}-trust` };
        });
        const { code, stdout, stderr } = await stack.pulumi(["preview", "--json"]);
        assert.equal(code, 0, `${stdout}\n${stderr}`);
        const preview = readPreview(stdout);
        const kinds = preview.changes.map(({ type }) => type);
        assert.ok(kinds.includes("kubernetes:apps/v1:Deployment") && kinds.includes("kubernetes:core/v1:Secret"));
        const comment = commentOf({ stack: "dev", preview });
        assert.match(comment, new RegExp(`\\*\\*Preview:\\*\\* ${preview.changes.length.toString()} created`));
        assert.ok(!/PRIVATE KEY|\$2b\$/.test(comment));
    });

    it("write nothing: only a dry run is let through", async () => {
        const write = ["--kubeconfig", kubeconfig, "--namespace", "registry-review", "create", "configmap", "written"];
        // The API server takes up a policy of admission within seconds.
        await eventually("the policy of admission", 30, async () => {
            const { code, stderr } = await lab.kubectl([...write, "--from-literal=a=b"]);
            if (code === 0) await lab.kubectl(["--namespace", "registry-review", "delete", "configmap", "written"]);
            return stderr.includes("a preview changes nothing");
        });
        const asked = await lab.kubectl([...write, "--from-literal=a=b", "--dry-run=server"]);
        assert.equal(asked.code, 0, asked.stderr);
        const nodes = await lab.kubectl(["--kubeconfig", kubeconfig, "delete", "node", "node1", "--dry-run=server"]);
        assert.match(nodes.stderr, /forbidden/i);
    });
});
