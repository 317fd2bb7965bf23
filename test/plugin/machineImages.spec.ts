import assert from "node:assert/strict";

import { PluginClient } from "../support/pluginClient.ts";

const given = {
    ...{ source: { kind: "directory" }, path: "/nowhere", images: ["example.test/one:1"], owner: "site" },
    ...{ machine: "one", address: "127.0.0.1", port: 1, hostKey: `ssh-ed25519 AAAA${"B".repeat(64)}` },
    privateKey: "the key",
};

describe("images for a machine", () => {
    let plugin: PluginClient;

    beforeEach(async () => {
        plugin = await PluginClient.start("MachineImages", "");
    });
    afterEach(() => {
        plugin.stop();
    });

    it("are asked for with a key that stays secret, and another way to the same is no change", async () => {
        const { values, secrets, failures } = await plugin.check(given);
        assert.deepEqual(failures, []);
        assert.deepEqual([...secrets], ["privateKey"]);
        const other = { ...values, privateKey: "another", port: 2, path: "/elsewhere" };
        assert.deepEqual(await plugin.diff(values, other), { changes: [], replaces: [] });
        const machine = { ...values, machine: "two", address: "192.0.2.1" };
        assert.deepEqual((await plugin.diff(values, machine)).replaces, ["machine"]);
    });

    it("are refused by key, all at once", async () => {
        const { failures } = await plugin.check({
            ...given,
            address: "",
            images: ["A B"],
            hostKey: undefined,
            path: "",
        });
        const keys = failures.map((failure) => failure.split(":")[0]);
        assert.deepEqual(keys.sort(), ["address", "hostKey", "images[0]", "path"]);
    });

    it("do not hold up a removal where the machine is not reached", async () => {
        const brought = [
            { image: "example.test/one:1", digest: "sha256:1", names: ["example.test/one:1"], how: "imported" },
        ];
        await plugin.delete({ ...given, brought });
    });
});
