import { deepStrictEqual, strictEqual } from "node:assert/strict";

import { recordings, type Recording } from "./replay/recording.ts";
import { Replay } from "./replay/replay.ts";

/** What the stand-in does otherwise than the recorded Harbor: by scenario and step, with the reason. */
const otherwise: Readonly<Record<string, string>> = {
    // Harbor's job service writes the log of a later run over that of the one before, and leaves what stood further on.
    "07-failed-then-recovers: task log": "log",
};

describe("the recordings of a real Harbor, replayed against the stand-in", () => {
    let all: Recording[];
    let replay: Replay;

    before(async function () {
        this.timeout(120_000);
        all = recordings();
        replay = await Replay.run(all);
    });

    it("plays every recording", () => {
        strictEqual(replay.outcomes.length, all.length);
        strictEqual(all.length, 1195);
        deepStrictEqual(new Set(replay.outcomes.map(({ recording }) => recording.scenario)).size, 39);
    });

    it("gets the answer of each, but for those that are named", () => {
        const differing = replay.outcomes.filter(({ differences }) => differences.length > 0);
        const unexpected = differing.filter(({ recording, differences }) => {
            const what = otherwise[`${recording.scenario}: ${recording.step}`];
            return what === undefined || !differences.every((difference) => difference.startsWith(`${what}:`));
        });
        const told = unexpected.map(({ recording, differences }) => {
            const { scenario, step, request } = recording;
            return `${scenario}: ${step} (${request.method} ${request.path}): ${differences.join("; ")}`;
        });
        deepStrictEqual(told, []);
        // One that no longer differs has to leave the list.
        strictEqual(differing.length, Object.keys(otherwise).length);
    });

    it("answers as Harbor's OpenAPI document has it", () => {
        deepStrictEqual(
            replay.harbor.problems.filter(({ side }) => side === "answer"),
            [],
        );
    });

    it("notices requests that the document does not allow", () => {
        const wrong = replay.harbor.problems.filter(({ side }) => side === "request").map(({ operation }) => operation);
        strictEqual(wrong.includes("createRegistry"), true);
    });
});
