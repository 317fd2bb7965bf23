import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Lab } from "../../lab/lab.ts";
import { Stack } from "../../lab/site/stack.ts";
import type { OutsideSite } from "./trustOutside.ts";

/** A registry of the client kit's own tests, beside whatever else the lab has. */
export class KitSite {
    readonly stack: Stack;
    private readonly lab: Lab;

    constructor(lab: Lab) {
        this.lab = lab;
        this.stack = new Stack("dev", mkdtempSync(join(tmpdir(), "kit-site-")), lab.kubeconfig, "kit");
    }

    /** Brings it up, and tells how it is met from outside. */
    async up(): Promise<OutsideSite> {
        await this.stack.prepare();
        this.stack.set((config) => {
            delete config["siteregistry:nodeTrust"];
            config["siteregistry:clientKit"] = { name: "kit-clients" };
            config["siteregistry:registry"] = {
                name: "kit-registry",
                namespace: "kit-registry",
                host: "kit.site.test",
                storage: { size: "1Gi", keepOnDestroy: false },
                proof: { enabled: false },
            };
        });
        await this.pulumi("up", "--yes", "--skip-preview");
        const { host, caBundle, users, passwords } = await this.stack.facts();
        const user = users[0] ?? "";
        return { host, caBundle, user, password: passwords[user] ?? "", address: this.lab.ingressAddress };
    }

    async down(): Promise<void> {
        await this.pulumi("destroy", "--yes", "--skip-preview");
        this.stack.forget();
    }

    /** Runs the engine and demands success. */
    async pulumi(...args: string[]): Promise<string> {
        const result = await this.stack.pulumi(args);
        assert.equal(result.code, 0, `${result.stdout}\n${result.stderr}`);
        return result.stdout;
    }
}
