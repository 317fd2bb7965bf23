import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { checkout } from "../../lab/paths.ts";
import { mergedStackFile, Stack } from "../../lab/site/stack.ts";
import type { StackFile } from "../../lab/site/stack.ts";
import { ScratchCheckout, setVariables } from "./scratch.ts";

const secret = { secure: "v1:nonce:cipher" };

describe("the user's copy of a stack file", () => {
    const committed = { config: { "siteregistry:registry": { host: "new.test" }, "siteregistry:nodeTrust": {} } };

    it("is at first what is committed", () => {
        assert.deepEqual(mergedStackFile(committed, {}), committed);
    });

    it("keeps the salt and the secrets that were made for it", () => {
        const before = { encryptionsalt: "v1:salt", config: { "siteregistry:passwords": { alice: secret } } };
        assert.deepEqual(mergedStackFile(committed, before), {
            encryptionsalt: "v1:salt",
            config: { ...committed.config, "siteregistry:passwords": { alice: secret } },
        });
    });

    it("follows what is committed in all that is no secret: changed, added and removed", () => {
        const before = {
            config: { "siteregistry:registry": { host: "old.test" }, "siteregistry:clusterDomain": "old.local" },
        };
        assert.deepEqual(mergedStackFile(committed, before), committed);
    });

    it("takes no plain value for a secret because of its words", () => {
        const before = { config: { "siteregistry:note": '{"secure":"no"}', "siteregistry:secure": "no" } };
        assert.deepEqual(mergedStackFile(committed, before), committed);
    });

    it("never has a salt that was committed: it would belong to another passphrase", () => {
        assert.ok(!("encryptionsalt" in mergedStackFile({ ...committed, encryptionsalt: "v1:foreign" }, {})));
    });

    it("survives stack files without any settings", () => {
        assert.deepEqual(mergedStackFile({}, { encryptionsalt: "v1:salt" }), { encryptionsalt: "v1:salt", config: {} });
    });
});

describe("the lab's stack", () => {
    let scratch: ScratchCheckout;
    let stack: Stack;
    let restore: () => void;
    beforeEach(() => {
        scratch = new ScratchCheckout();
        scratch.standIn("npx", "");
        restore = setVariables({ PATH: scratch.bin });
        stack = new Stack("dev", join(scratch.state, "site"), "/the/kubeconfig", "uid-of-cluster");
    });
    afterEach(() => {
        restore();
        scratch.remove();
    });

    function calls(): string[] {
        return readFileSync(scratch.calls, "utf8").split("\n").filter(Boolean);
    }

    function stackFile(): StackFile {
        return parse(readFileSync(stack.file, "utf8")) as StackFile;
    }

    it("is told to the engine by name and stack file, after the words of the command", () => {
        assert.deepEqual(stack.command(["up", "--yes"]), [
            ...["npx", "pulumi", "up", "--yes"],
            ...["--stack", "dev", "--config-file", join(stack.folder, "Pulumi.dev.yaml")],
        ]);
    });

    it("is told without a stack file to the commands that take none", () => {
        for (const command of [
            ["stack", "output"],
            ["cancel", "--yes"],
        ]) {
            assert.deepEqual(stack.command(command), ["npx", "pulumi", ...command, "--stack", "dev"]);
        }
    });

    it("points a shell at its own state and passphrase and at the cluster", () => {
        assert.deepEqual(stack.variables, {
            KUBECONFIG: "/the/kubeconfig",
            PULUMI_BACKEND_URL: `file://${stack.folder}/state`,
            PULUMI_CONFIG_PASSPHRASE_FILE: `${stack.folder}/passphrase`,
        });
    });

    it("is made in a folder of its own, with a passphrase that only its user reads", async () => {
        await stack.prepare();
        assert.deepEqual(calls(), [`npx pulumi stack init --cwd ${stack.folder} --stack dev --non-interactive`]);
        assert.match(readFileSync(stack.passphraseFile, "utf8"), /^[\w-]{32}\n$/);
        for (const path of [stack.passphraseFile, stack.file]) assert.equal(statSync(path).mode & 0o777, 0o600);
        const committed = parse(readFileSync(join(checkout, "Pulumi.dev.yaml"), "utf8")) as StackFile;
        const config = { ...committed.config, "siteregistry:clusterIdentifier": "uid-of-cluster" };
        assert.deepEqual(stackFile(), { config });
    });

    it("keeps passphrase, salt and secrets when it is prepared again, and is not made twice", async () => {
        await stack.prepare();
        const passphrase = readFileSync(stack.passphraseFile, "utf8");
        const content = JSON.stringify({ encryptionsalt: "v1:salt", config: { "siteregistry:passwords": secret } });
        writeFileSync(stack.file, content);
        const stacks = join(stack.folder, "state/.pulumi/stacks/siteregistry");
        mkdirSync(stacks, { recursive: true });
        writeFileSync(join(stacks, "dev.json"), "{}");
        await stack.prepare();
        assert.equal(calls().length, 1);
        assert.equal(readFileSync(stack.passphraseFile, "utf8"), passphrase);
        assert.equal(stackFile().encryptionsalt, "v1:salt");
        assert.deepEqual(stackFile().config?.["siteregistry:passwords"], secret);
    });

    it("is not led to another stack or passphrase by what the person's shell has set", async () => {
        scratch.standIn("npx", 'echo "$PULUMI_STACK$PULUMI_CONFIG_PASSPHRASE $KUBECONFIG"');
        const undo = setVariables({ PULUMI_STACK: "prod", PULUMI_CONFIG_PASSPHRASE: "theirs", KUBECONFIG: "/other" });
        try {
            assert.equal((await stack.pulumi(["preview"])).stdout, " /the/kubeconfig\n");
        } finally {
            undo();
        }
    });

    it("says what the engine said when it cannot be made", async () => {
        scratch.standIn("npx", "echo 'error: no such backend' >&2; exit 255");
        await assert.rejects(stack.prepare(), /the stack dev could not be made: error: no such backend/);
    });

    it("takes changed settings and keeps its salt", () => {
        mkdirSync(stack.folder);
        writeFileSync(stack.file, JSON.stringify({ encryptionsalt: "v1:salt", config: { "siteregistry:one": 1 } }));
        stack.set((config) => {
            config["siteregistry:two"] = 2;
        });
        assert.deepEqual(stackFile(), {
            encryptionsalt: "v1:salt",
            config: { "siteregistry:one": 1, "siteregistry:two": 2 },
        });
    });

    it("gives the engine's words on when there are no outputs", async () => {
        scratch.standIn("npx", "echo 'error: no stack named dev' >&2; exit 255");
        await assert.rejects(stack.facts(), /outputs of the stack cannot be read: error: no stack named dev/);
    });

    it("is forgotten with all of it", async () => {
        await stack.prepare();
        stack.forget();
        assert.ok(!existsSync(stack.folder));
        assert.doesNotThrow(() => {
            stack.forget();
        });
    });

    describe("with a lock", () => {
        const dead = { pid: spawnSync("true").pid, hostname: hostname() };
        const alive = { pid: process.pid, hostname: hostname() };
        const elsewhere = { ...dead, hostname: "another-host" };

        async function callsWith(...holders: object[]): Promise<string[]> {
            const locks = join(stack.folder, "state/.pulumi/locks/organization/siteregistry/dev");
            mkdirSync(locks, { recursive: true });
            for (const [index, holder] of holders.entries()) {
                writeFileSync(join(locks, `${index.toString()}.json`), JSON.stringify(holder));
                // The engine leaves the attributes of the file beside it.
                writeFileSync(join(locks, `${index.toString()}.json.attrs`), "{}");
            }
            await stack.releaseDeadLock();
            return calls();
        }

        it("of a run that died: ends it", async () => {
            assert.deepEqual(await callsWith(dead), ["npx pulumi cancel --yes --stack dev --non-interactive"]);
        });

        for (const [whose, holders] of [
            ["of a run that lives", [alive]],
            ["of a run on another host, whose processes are not seen from here", [elsewhere]],
            ["of a run that died beside that of one that lives", [dead, alive]],
        ] as const) {
            it(`${whose}: leaves it`, async () => {
                assert.deepEqual(await callsWith(...holders), []);
            });
        }
    });
});
