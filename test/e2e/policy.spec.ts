import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { current } from "../../lab/lab.ts";
import { Stack } from "../../lab/site/stack.ts";
import { commentOf } from "../../tools/review/comment.ts";
import { readViolations } from "../../tools/review/policyEvents.ts";
import { policyRunner } from "../support/policyRunner.ts";

const name = "policy-e2e";
const checkout = join(import.meta.dirname, "..", "..");

describe("policy pack in the engine", () => {
    let stack: Stack;
    let folder: string;
    let runner: ReturnType<typeof policyRunner>;

    before(async () => {
        const lab = await current();
        assert.ok(lab !== undefined, "the lab is not up: npm run lab -- up");
        folder = mkdtempSync(join(tmpdir(), `${name}-`));
        runner = policyRunner(folder);
        stack = new Stack("dev", join(folder, "site"), lab.kubeconfig, name);
        await stack.prepare();
    });

    after(() => {
        stack.forget();
        rmSync(folder, { recursive: true, force: true });
    });

    async function preview(
        registry: Record<string, unknown>,
        config?: string,
    ): Promise<{ code: number; said: string; comment: string }> {
        stack.set((settings) => {
            const own = { name, namespace: name, host: `${name}.site.test`, proof: { namespace: `${name}-proof` } };
            settings["siteregistry:registry"] = { ...own, ...registry };
            settings["siteregistry:nodeTrust"] = { namespace: `${name}-trust` };
        });
        const configured = config === undefined ? [] : ["--policy-pack-config", join(checkout, "policy", config)];
        const events = join(folder, "events.jsonl");
        rmSync(events, { force: true });
        const args = ["preview", "--policy-pack", runner.pack, "--event-log", events, ...configured];
        const variables = { ...runner.variables, PULUMI_DEBUG_COMMANDS: "1" };
        const { code, stdout, stderr } = await stack.pulumi(args, variables);
        const violations = readViolations(readFileSync(events, "utf8"));
        return { code, said: stdout + stderr, comment: commentOf({ stack: "dev", violations }) };
    }

    it("lets the site dev pass with its own configuration", async () => {
        const { code, said, comment } = await preview({ storage: { size: "1Gi", keepOnDestroy: false } }, "dev.json");
        assert.equal(code, 0, said);
        assert.match(said, /Policies:[^]*siteregistry/);
        assert.match(comment, /Policies in the preview:\*\* no violation/);
    });

    it("stops a stack that violates it, with reason and remedy, before anything is made", async () => {
        const { code, said, comment } = await preview({
            image: "docker.io/library/registry:3",
            storage: { size: "1Gi", keepOnDestroy: false },
            certificate: { validityHours: 9600 },
        });
        assert.notEqual(code, 0, said);
        for (const id of ["exact-tags", "kept-data", "certificate-lifetime"])
            assert.ok(said.includes(id) && comment.includes(`mandatory ${id}`), `${id}\n${said}\n${comment}`);
        assert.match(said, /storage\.keepOnDestroy is false\. Why: .*\. Remedy: .*disposable/);
        assert.match(said, /the tag of the image docker\.io\/library\/registry:3 moves/);
    });
});
