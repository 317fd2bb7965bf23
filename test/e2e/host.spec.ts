import assert from "node:assert/strict";

import { runningLab } from "../support/runningLab.ts";
import { HostSite } from "../support/hostSite.ts";

describe("a registry on a machine, before there is a cluster", () => {
    let site: HostSite;
    before(async () => {
        site = new HostSite(await runningLab(), "host-e2e", 5443);
        await site.prepare();
    });
    after(async () => {
        await site.destroy();
    });

    it("is a unit that runs from now on, speaks TLS and knows its user", async () => {
        await site.up();
        const { hostRegistries, hostPasswords } = await site.outputs();
        assert.deepEqual(hostRegistries, [{ machine: "host1", host: `${site.host}:5443`, state: "running" }]);
        assert.equal(
            await site.on(`systemctl is-active ${site.unit}; systemctl is-enabled ${site.unit}`),
            "active\nenabled\n",
        );
        assert.equal(await site.code("/v2/"), "401");
        assert.equal(await site.code("/v2/_catalog", `registry:${hostPasswords.registry ?? ""}`), "200");
        assert.equal(await site.code("/v2/", "registry:wrong"), "401");
    });

    it("is as it was at the next run, and shows its keys to nobody", async () => {
        await site.pulumi("preview", "--expect-no-changes");
        await site.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
        const { hostPasswords } = await site.outputs();
        const state = site.state();
        assert.ok(!state.includes(hostPasswords.registry ?? ""));
        assert.ok(!state.includes("REGISTRY_HTTP_SECRET"));
    });

    it("leaves its images at destroy, and nothing else", async () => {
        await site.pulumi("destroy", "--yes", "--skip-preview");
        assert.equal(await site.left(), "");
        assert.equal((await site.attempt(`systemctl cat ${site.unit}`)).code, 1);
        assert.equal(await site.on(`cat ${site.data}/.siteregistry`), `${site.name} of ${site.host}\n`);
    });
});
