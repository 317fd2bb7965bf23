import assert from "node:assert/strict";

import type { GenerationsArgs } from "../../components/registry/certificates/generations.ts";
import { readSettings } from "../../settings.ts";
import { rotationFacts, rotationMistakes } from "../../settings/rotationChange.ts";
import { configure } from "../support/configuration.ts";

const both = { trusted: [1, 2], signing: 1 };
const moved = { trusted: [1, 2], signing: 2 };
/** Nothing reads these: a root is known by its number. */
const roots = { "1": "root of 1", "2": "root of 2" };

describe("generations after those of the last update", () => {
    const before = { roots, signing: 1, highest: 2 };

    it("follow in steps", () => {
        for (const next of [both, moved, { trusted: [1], signing: 1 }, { trusted: [1, 2, 3], signing: 2 }])
            assert.deepEqual(rotationMistakes(before, next), [], JSON.stringify(next));
    });

    const refused: [GenerationsArgs, RegExp[]][] = [
        [{ trusted: [2], signing: 2 }, [/^registry\.certificate\.ca\.trusted: lacks 1; .*signed with it/]],
        [
            { trusted: [1, 2, 3], signing: 3 },
            [/^registry\.certificate\.ca\.signing: is 3, was 1; .*set trusted to \[1, 2, 3\] and signing to 1/],
        ],
        [{ trusted: [3], signing: 3 }, [/trusted: lacks 1/, /signing: is 3/]],
    ];
    for (const [next, lines] of refused) {
        it(`are refused as ${JSON.stringify(next)}`, () => {
            const found = rotationMistakes(before, next);
            assert.equal(found.length, lines.length, found.join("\n"));
            for (const [index, line] of lines.entries()) assert.match(found[index] ?? "", line);
        });
    }

    it("never make a number again", () => {
        const later = { roots: { "2": roots["2"] }, signing: 2, highest: 4 };
        const found = rotationMistakes(later, { trusted: [1, 2, 4, 5], signing: 2 });
        assert.deepEqual(
            found.map((line) => /holds (\d)/.exec(line)?.[1]),
            ["1", "4"],
        );
        assert.match(found[0] ?? "", /take 5 or higher/);
    });

    it("are compared only with those of a run that tells of them", () => {
        assert.equal(rotationFacts({ caBundle: roots["1"] }), undefined);
        const outputs = { certificateAuthorities: roots, authorityRotation: { signing: 2, highest: 3 } };
        assert.deepEqual(rotationFacts(outputs), { roots, signing: 2, highest: 3 });
    });
});

describe("settings of generations", () => {
    function mistakes(certificate: Record<string, unknown>): string[] {
        configure({ registry: { host: "registry.example.org", certificate }, nodeTrust: {} });
        try {
            readSettings();
            return [];
        } catch (error) {
            return (error as Error).message.split("\n  ").slice(1);
        }
    }

    it("have the first where nothing is said", () => {
        assert.deepEqual(mistakes({ ca: {} }), []);
        assert.deepEqual(mistakes({ ca: { trusted: [1, 2], signing: 2 } }), []);
    });

    for (const [what, ca, line] of [
        ["none", { trusted: [] }, /^registry\.certificate\.ca\.trusted: is \[\]; allowed is at least one/],
        ["one twice", { trusted: [1, 1] }, /^registry\.certificate\.ca\.trusted: is \[1,1\]; .*once, ascending/],
        ["a wrong order", { trusted: [2, 1] }, /^registry\.certificate\.ca\.trusted: is \[2,1\]; .*once, ascending/],
        ["zero", { trusted: [0, 1] }, /^registry\.certificate\.ca\.trusted\.0: is 0/],
        ["a stranger that signs", { trusted: [1], signing: 2 }, /^registry\.certificate\.ca\.signing: is 2; .*: 1$/],
    ] as const) {
        it(`refuse ${what}`, () => {
            const found = mistakes({ ca });
            assert.equal(found.length, 1, found.join("\n"));
            assert.match(found[0] ?? "", line);
        });
    }

    it("are for an authority of the stack's own", () => {
        const [line = ""] = mistakes({ mode: "certManager", issuer: { name: "site" }, ca: {} });
        assert.match(line, /^registry\.certificate\.ca: .*it is for the mode own, not for certManager/);
    });

    it("keep the server from the name of any of them", () => {
        const certificate = {
            ca: { trusted: [1, 2], signing: 1 },
            authoritySubject: { commonName: "Site CA" },
            subject: { commonName: "Site CA 2" },
        };
        assert.match(mistakes(certificate)[0] ?? "", /^registry\.certificate\.subject: /);
    });
});
