import assert from "node:assert/strict";

import { CommandFailure, run } from "../../../tools/bundle/command.ts";

describe("a program that the bundle needs", () => {
    const fails = async (script: string): Promise<CommandFailure> => {
        const failure: unknown = await run("sh", ["-c", script]).catch((error: unknown) => error);
        assert.ok(failure instanceof CommandFailure);
        return failure;
    };

    it("is answered with what it prints", async () => {
        assert.equal((await run("sh", ["-c", "echo out; echo err >&2"])).toString(), "out\n");
    });

    it("fails in its own words, without the signatures of addresses", async () => {
        const said = 'Get "https://bucket.test/blob?X-Signature=secret&x=1": denied';
        const { message } = await fails(`echo '${said}' >&2; exit 3`);
        assert.equal(message, 'Get "https://bucket.test/blob?…": denied');
        assert.equal((await fails("exit 1")).message, "sh failed and said nothing");
        assert.equal((await fails("kill -KILL $$")).message, "sh was ended by SIGKILL");
    });

    it("tells a full disk, and a registry that lists no tags, from other failures", async () => {
        assert.ok((await fails("echo write x: no space left on device >&2; exit 1")).diskFull);
        assert.ok((await fails("echo failed to list tags for x: unauthorized >&2; exit 1")).noTagList);
        const other = await fails("echo not found >&2; exit 1");
        assert.ok(!other.diskFull && !other.noTagList);
    });

    it("is named with its remedy when it is not installed", async () => {
        const { PATH } = process.env;
        process.env.PATH = "/nowhere";
        try {
            await assert.rejects(run("regctl", []), /regctl is not installed here\n {2}install regctl/);
            await assert.rejects(run("skopeo", []), /skopeo is not installed here\n {2}install skopeo/);
        } finally {
            process.env.PATH = PATH;
        }
    });
});
