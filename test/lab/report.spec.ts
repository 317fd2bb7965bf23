import assert from "node:assert/strict";
import { mock } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Report } from "../../lab/report.ts";
import { consoleReport } from "../../lab/report.ts";

describe("the lab's report", () => {
    let report: Report;
    let said: string;
    let output: string;
    beforeEach(() => {
        [said, output] = ["", ""];
        report = consoleReport();
        mock.method(process.stderr, "write", (text: string) => {
            said += text;
            return true;
        });
    });
    afterEach(() => {
        mock.restoreAll();
        mock.timers.reset();
    });

    it("says each line on standard error, so that standard output stays what was asked for", () => {
        const stdout = mock.method(process.stdout, "write", (text: string) => {
            output += text;
            return true;
        });
        report.say("one");
        stdout.mock.restore();
        assert.deepEqual([said, output], ["one\n", ""]);
    });

    it("says what begins and that it is done, and hands on what came of it", async () => {
        assert.equal(await report.stage("the work", () => Promise.resolve(42)), 42);
        assert.match(said, /^ {2}the work \.\.\.\n {2}the work: done in [\d.]+ s\n$/);
    });

    it("counts the stages in the order in which they ended, with their seconds", async () => {
        let endSlow: () => void = () => undefined;
        const slow = report.stage("slow", () => new Promise<void>((resolve) => (endSlow = resolve)));
        await report.stage("fast", () => Promise.resolve());
        endSlow();
        await slow;
        assert.deepEqual(
            report.stages.map(({ what }) => what),
            ["fast", "slow"],
        );
        assert.ok(report.stages.every(({ seconds }) => seconds >= 0 && seconds < 1));
    });

    it("never calls a stage done that failed, and hands on the failure", async () => {
        await assert.rejects(
            report.stage("the work", () => Promise.reject(new Error("no disk"))),
            /no disk/,
        );
        assert.equal(said, "  the work ...\n");
        assert.deepEqual(report.stages, []);
    });

    it("says every half minute that a long stage is still at work, until it ends", async () => {
        mock.timers.enable({ apis: ["setInterval"] });
        let end: () => void = () => undefined;
        const work = report.stage("the work", () => new Promise<void>((resolve) => (end = resolve)));
        mock.timers.tick(90_000);
        assert.equal(said.match(/the work: still at work after/g)?.length, 3);
        end();
        await work;
        await setImmediate();
        mock.timers.tick(90_000);
        assert.equal(said.match(/still at work/g)?.length, 3);
    });

    it("is silent again after a long stage that failed", async () => {
        mock.timers.enable({ apis: ["setInterval"] });
        await assert.rejects(report.stage("the work", () => Promise.reject(new Error("no disk"))));
        mock.timers.tick(90_000);
        assert.ok(!said.includes("still at work"));
    });
});
