import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type * as Lock from "../../lab/machines/lock.ts";
import type * as Paths from "../../lab/paths.ts";
import { ScratchCheckout, setVariables } from "./scratch.ts";

describe("the lab's lock", () => {
    let scratch: ScratchCheckout;
    let state: string;
    let locked: typeof Lock.locked;
    let restore: () => void;
    beforeEach(async () => {
        scratch = new ScratchCheckout();
        restore = setVariables(scratch.variables);
        state = ((await scratch.load("paths.ts")) as typeof Paths).stateDir();
        ({ locked } = (await scratch.load("machines/lock.ts")) as typeof Lock);
    });
    afterEach(() => {
        restore();
        scratch.remove();
    });

    function leave(content: string): void {
        mkdirSync(state, { recursive: true });
        writeFileSync(join(state, "lock"), content);
    }

    it("is there while the work is done, and nothing is left of it", async () => {
        const during = await locked(() => Promise.resolve(readdirSync(state)));
        assert.deepEqual(during, ["lock"]);
        assert.ok(!existsSync(state));
    });

    it("is gone after work that failed, and what was made stays", async () => {
        const work = locked(() => {
            writeFileSync(join(state, "lab.json"), "{}");
            return Promise.reject(new Error("no disk"));
        });
        await assert.rejects(work, /no disk/);
        assert.deepEqual(readdirSync(state), ["lab.json"]);
    });

    it("refuses a second command while the first is at work, which goes on", async () => {
        let touched = false;
        await locked(async () => {
            const second = locked(() => {
                touched = true;
                return Promise.resolve();
            });
            await assert.rejects(second, (error: Error) => {
                assert.equal(error.name, "Refusal");
                assert.match(error.message, new RegExp(`process ${process.pid.toString()}\\).*\\n {2}Wait for it`));
                return true;
            });
            assert.deepEqual(readdirSync(state), ["lock"]);
        });
        assert.equal(touched, false);
    });

    it("of a command that died is taken over", async () => {
        leave(`${spawnSync("true").pid.toString()} 12345`);
        assert.equal(await locked(() => Promise.resolve("done")), "done");
    });

    it("of a command that died is taken over though its number is another process's now", async () => {
        leave(`${process.pid.toString()} 1`);
        const owner = await locked(() => Promise.resolve(readFileSync(join(state, "lock"), "utf8")));
        const [pid, started] = owner.split(" ");
        assert.equal(pid, process.pid.toString());
        assert.ok(Number(started) > 1);
    });
});
