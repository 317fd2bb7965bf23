import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";

import type { GenerationsArgs } from "../../components/registry/certificates/generations.ts";
import { readSettings } from "../../settings.ts";
import { clockMistakes, machinesBehind, rotationFacts, rotationMistakes } from "../../settings/rotationChange.ts";
import { makeCertificate } from "../support/certificateMaker.ts";
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

describe("machines over SSH before signing moves", () => {
    const [one, two] = ["CA 1", "CA 2"].map((name) => makeCertificate({ name, ca: true }).certificate) as [
        string,
        string,
    ];
    const print = (pem: string): string => new X509Certificate(pem).fingerprint256;
    const before = { roots: { "1": one, "2": two }, signing: 1, highest: 2 };
    const machine = (host: string, ...roots: string[]): object => ({ host, bundle: `of-${host}`, roots });
    const hosts = [{ name: "a" }, { name: "b" }];

    it("let it move when each has said that it has the new root", () => {
        const all = [machine("a", print(one), print(two)), machine("b", print(two))];
        assert.deepEqual(machinesBehind(before, moved, hosts, all), []);
    });

    it("are named where they have not, or said nothing of roots, as in outputs of older versions", () => {
        const old = { host: "b", bundle: "of-b" };
        const [line = "", ...more] = machinesBehind(before, moved, hosts, [machine("a", print(one)), old]);
        assert.deepEqual(more, []);
        assert.match(line, /^registry\.certificate\.ca\.signing: is 2, was 1; machines over SSH do not show/);
        assert.match(line, /generation 2: a \(bundle of-a\), b \(bundle of-b\); set it back, run/);
    });

    it("are not asked while signing stays, when they are new, and when they go", () => {
        const lagging = [machine("a", print(one)), machine("gone", print(one))];
        assert.deepEqual(machinesBehind(before, both, hosts, lagging), []);
        assert.deepEqual(machinesBehind(before, moved, [{ name: "b" }], lagging), []);
        assert.deepEqual(machinesBehind(before, moved, hosts, undefined), []);
    });
});

describe("the clock against an authority of the stack's own", () => {
    const from = new Date("2030-01-01T00:00:00Z");
    const root = makeCertificate({ name: "registry CA 1", ca: true, from, to: new Date("2031-01-01T00:00:00Z") });
    const before = { roots: { "1": root.certificate }, signing: 1, highest: 1 };
    const at = (time: string): string[] => clockMistakes(before, { trusted: [1], signing: 1 }, new Date(time));

    it("refuses what has not begun, with both times, as with given certificates", () => {
        const [line = "", ...more] = at("2029-12-31T23:00:00Z");
        assert.deepEqual(more, []);
        assert.match(
            line,
            /^registry\.certificate\.ca: generation 1: the certificate of .*registry CA 1 begins at 2030-01-01/,
        );
        assert.match(line, /the clock of this machine says 2029-12-31T23:00:00Z: set the clock, or wait$/);
    });

    it("leaves what has ended to the next update, which renews it", () => {
        assert.deepEqual([...at("2030-06-01T00:00:00Z"), ...at("2032-01-01T00:00:00Z")], []);
        assert.deepEqual(clockMistakes(before, { trusted: [2], signing: 2 }, new Date("2029-01-01T00:00:00Z")), []);
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
