import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Lab } from "../../lab/lab.ts";
import type { Properties } from "../../plugin/properties.ts";
import { writeMultiLayout } from "../support/multiLayout.ts";
import { PluginClient } from "../support/pluginClient.ts";
import { runningLab } from "../support/runningLab.ts";

const [one, two] = ["machine.invalid/one:1", "machine.invalid/two:2"];

describe("images for a machine over SSH", function () {
    this.timeout(180_000);
    let folder = "";
    let lab: Lab;
    let plugin: PluginClient;
    let given: Properties = {};

    before(async () => {
        lab = await runningLab();
        folder = mkdtempSync(join(tmpdir(), "machine-images-"));
        await writeMultiLayout(folder, [{ name: one, layerBytes: 900_000 }, { name: two }]);
        plugin = await PluginClient.start("MachineImages", "");
        const { address, port, user, hostKey, privateKey } = lab.ssh();
        given = {
            ...{ source: { kind: "directory" }, path: folder, images: [one, two], owner: "machine-test" },
            ...{ machine: "host1", address, port, user, hostKey, privateKey },
        };
    });
    after(async () => {
        await lab.exec("host1", [
            "sh",
            "-c",
            "ctr -n k8s.io images ls -q | grep ^machine.invalid/ | xargs -r ctr -n k8s.io images rm",
        ]);
        plugin.stop();
        rmSync(folder, { recursive: true, force: true });
    });

    const checked = async (change: Properties = {}): Promise<Properties> =>
        (await plugin.check({ ...given, ...change })).values;
    const how = (state: Properties): string[] => (state.brought as { how: string }[]).map((image) => image.how);
    const pinned = async (): Promise<number> => {
        const script = "ctr -n k8s.io images ls | grep ^machine.invalid/ | grep -c pinned=pinned || true";
        return Number((await lab.exec("host1", ["sh", "-c", script])).stdout.trim());
    };

    it("come there once, for root and for a user with sudo, are pinned, and leave no file", async () => {
        const state = (await plugin.create(await checked())).state.values;
        assert.deepEqual(how(state), ["imported", "imported"]);
        assert.equal(await pinned(), 4);
        const again = (await plugin.update(state, await checked({ user: lab.ssh().sudoer }))).values;
        assert.deepEqual(how(again), ["present", "present"]);
        assert.equal(
            (await lab.exec("host1", ["sh", "-c", "ls -d /tmp/siteregistry.* /var/tmp/siteregistry.*"])).stdout,
            "",
        );
        const less = (await plugin.update(again, await checked({ images: [one] }))).values;
        assert.equal(await pinned(), 2);
        await plugin.delete(less);
        assert.equal(await pinned(), 0);
    });

    it("do not come to a machine that shows another key, is not there, or has its socket elsewhere", async () => {
        const refusal = async (change: Properties): Promise<string> => {
            const error: unknown = await plugin.create(await checked(change)).catch((reason: unknown) => reason);
            return PluginClient.partial(error).message;
        };
        const strange = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
        assert.match(
            await refusal({ hostKey: strange }),
            /the machine host1 did not get its images: .*(host key|Host key)/,
        );
        assert.match(await refusal({ port: 1 }), /connect to host 127.0.0.1 port 1: Connection refused/);
        assert.match(
            await refusal({ socket: "/run/nowhere.sock" }),
            /containerd does not answer at \/run\/nowhere.sock/,
        );
    });
});
