import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";

import { Cron } from "./cron.ts";
import { destination } from "./listingOutside.ts";
import { exactNames, fits } from "./pattern.ts";
import { normalised } from "./registry.ts";

describe("what the stand-in for Harbor reads", () => {
    const start = Date.parse("2026-02-27T23:59:30Z");

    for (const [text, next] of [
        ["0 */5 * * * *", "2026-02-28T00:00:00.000Z"],
        ["0 30 2 29 2 *", "2028-02-29T02:30:00.000Z"],
        ["0 0 12 ? * MON-FRI", "2026-03-02T12:00:00.000Z"],
        ["0 0 0 13 * 5", "2026-03-06T00:00:00.000Z"],
        ["0 0 0 1 jan *", "2027-01-01T00:00:00.000Z"],
        ["0 10-20/5 * * * *", "2026-02-28T00:10:00.000Z"],
    ] as const)
        it(`a schedule: ${text}`, () => {
            strictEqual(new Date(Cron.parse(text)?.next(start) ?? 0).toISOString(), next);
        });

    it("a schedule that is never due", () => {
        strictEqual(Cron.parse("0 0 0 31 2 *")?.next(start), undefined);
    });

    for (const text of ["", "@daily", "0 0 * * *", "0 0 25 * * *", "0 0 0 L * *", "0 0 0 * * 7", "0 0 0 5-2 * *"])
        it(`no schedule: "${text}"`, () => {
            strictEqual(Cron.parse(text), undefined);
        });

    for (const [pattern, name, expected] of [
        ["", "any/thing", true],
        ["team/**", "team/a/b", true],
        ["team/**", "teams/a", false],
        ["**", "a", true],
        ["**/app", "a/b/app", true],
        ["team/*", "team/a/b", false],
        ["{a,b}/?", "b/x", true],
        ["{a, b}", "b", false],
        ["1.*", "1.2", true],
        ["1.*", "122", false],
        ["[ab]c", "bc", true],
        ["a/[", "a/b", false],
    ] as const)
        it(`the pattern "${pattern}" and the name "${name}"`, () => {
            strictEqual(fits(pattern, name), expected);
        });

    it("names that need no catalogue", () => {
        deepStrictEqual(exactNames("{team/other,library/nginx}"), ["team/other", "library/nginx"]);
        strictEqual(exactNames("team/*"), undefined);
    });

    it("the name of a repository at its destination", () => {
        strictEqual(destination("a/b/c", "", 1), "a/b/c");
        strictEqual(destination("a/b/c", "m", -1), "m/c");
        strictEqual(destination("a/b/c", "m", 0), "m/a/b/c");
        strictEqual(destination("a/b/c", "m", 1), "m/b/c");
        throws(() => destination("a/b/c", "m", 3), /contains only 2 path components \[a b\]/);
    });

    it("the URL of an endpoint", () => {
        strictEqual(normalised(" reg.test:5000// "), "http://reg.test:5000");
        strictEqual(normalised("HTTPS://u:p@Reg.test/x/?a=b#c"), "https://Reg.test/x/");
        throws(() => normalised("ftp://reg.test"), /invalid HTTP scheme: ftp/);
    });
});
