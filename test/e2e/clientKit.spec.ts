import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { demoImageName } from "../../lab/images/demo.ts";
import { current, type Lab } from "../../lab/lab.ts";
import { run } from "../../lab/machines/command.ts";
import { checkout } from "../../lab/paths.ts";
import { KitSite } from "../support/kitSite.ts";
import { leavesNothing, makesSkopeoTrust, refusesTheWrong, TrustOutside } from "../support/trustOutside.ts";

describe("the client kit on the lab's outside machine", () => {
    let lab: Lab;
    let site: KitSite;
    let outside: TrustOutside;
    let untouched: string[];

    before(async () => {
        const found = await current();
        assert.ok(found !== undefined, "the lab is not up: npm run lab -- up");
        lab = found;
        site = new KitSite(lab);
        outside = new TrustOutside(lab, await site.up());
        untouched = await outside.everything();
    });
    after(async () => {
        await outside.clear();
        await site.down();
    });

    it("is the same from the cluster and from the stack's outputs, and makes no diff", async () => {
        const folder = join(site.stack.folder, "clients");
        const tool = ["npm", "run", "--silent", "clients", "--", "--stack", site.stack.name, "--out", folder];
        const made = await run(tool, { cwd: checkout, env: site.stack.environment() });
        assert.equal(made.code, 0, made.stderr);
        const map = await lab.kubectl(["-n", "kit-registry", "get", "configmap", "kit-clients", "-o", "json"]);
        const { data } = JSON.parse(map.stdout) as { data: Record<string, string> };
        assert.ok(Object.keys(data).length >= 5);
        for (const [name, text] of Object.entries(data)) assert.equal(readFileSync(join(folder, name), "utf8"), text);
        assert.equal(statSync(join(folder, "trust-registry.sh")).mode & 0o777, 0o755);
        const { caFingerprints } = (await site.stack.facts()) as unknown as { caFingerprints: string[] };
        for (const one of caFingerprints) assert.ok(made.stdout.includes(one) && data["README.txt"]?.includes(one));
        assert.ok(!JSON.stringify(data).includes(outside.site.password));
        await site.pulumi("preview", "--expect-no-changes");
    });

    it("refuses an unexpected CA, an altered one, and a server that shows another", async () => {
        await refusesTheWrong(outside);
    });

    it("makes skopeo trust and log in, and skopeo pushes", async () => {
        await makesSkopeoTrust(outside, lab.archives[demoImageName] ?? "");
    });

    it("leaves nothing behind", async () => {
        await leavesNothing(outside, untouched);
    });
});
