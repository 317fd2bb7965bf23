import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { page } from "../../tools/status/page.ts";
import type { Row } from "../../tools/status/picture.ts";
import { Browser } from "../support/browser.ts";
import { exampleRows, exampleStatus } from "../support/exampleStatus.ts";

/** Runs in the page: what of it is wider than the screen, by tag and text. */
const overflowing = `[...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5 && getComputedStyle(one).position !== "absolute" && !one.closest("thead"))
    .map((one) => one.tagName + " " + one.textContent.slice(0, 60))`;

/** Runs in the page: texts of the picture that leave the frame of their box. */
const outOfFrame = `[...document.querySelectorAll("svg g")].flatMap((box) => {
    const frame = box.querySelector("rect").getBoundingClientRect();
    return [...box.querySelectorAll("text")].filter((text) => {
        const { left, right, top, bottom } = text.getBoundingClientRect();
        return left < frame.left || right > frame.right || top < frame.top || bottom > frame.bottom;
    }).map((text) => text.textContent);
})`;

/** Runs in the page: the lowest contrast of a text with the white below it, as WCAG defines it, and the smallest letters in px. */
const legibility = `(() => {
    const light = (colour) => {
        const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((one) => Number(one) / 255)
            .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    const texts = [...document.querySelectorAll("h1,h2,p,li,td,svg text")];
    const scale = document.querySelector("svg").getBoundingClientRect().width / document.querySelector("svg").viewBox.baseVal.width;
    return {
        ground: getComputedStyle(document.body).backgroundColor,
        contrast: Math.min(...texts.map((one) => {
            const style = getComputedStyle(one);
            return 1.05 / (light(one.closest("svg") ? style.fill : style.color) + 0.05);
        })),
        letters: Math.min(...texts.map((one) => parseFloat(getComputedStyle(one).fontSize) * (one.closest("svg") ? scale : 1))),
    };
})()`;

describe("the page of the status, in a browser", () => {
    const folder = mkdtempSync(join(tmpdir(), "status-page-"));
    const file = join(folder, "status.html");
    let browser: Browser;

    before(async () => {
        writeFileSync(file, page(exampleStatus, exampleRows));
        browser = await Browser.start();
    });

    after(async () => {
        await browser.stop();
        rmSync(folder, { recursive: true });
    });

    for (const width of [360, 1280]) {
        it(`is not wider than a screen of ${width.toString()} px, and no text leaves its box`, async () => {
            await browser.open(file, width);
            assert.deepEqual(await browser.evaluate(overflowing), []);
            assert.ok((await browser.evaluate<number>("document.documentElement.scrollWidth")) <= width);
            assert.deepEqual(await browser.evaluate(outOfFrame), []);
        });
    }

    it("would be told to be too wide, if it were", async () => {
        const wide: Row[] = [{ arrow: "", boxes: [{ title: "W".repeat(40), lines: [] }] }];
        writeFileSync(join(folder, "wide.html"), page(exampleStatus, wide).replace("overflow-wrap:anywhere", ""));
        await browser.open(join(folder, "wide.html"), 360);
        assert.notDeepEqual(await browser.evaluate(outOfFrame), []);
    });

    it("is legible on a phone: dark on white, and no letter below 12 px", async () => {
        await browser.open(file, 360);
        const { ground, contrast, letters } = await browser.evaluate<{
            ground: string;
            contrast: number;
            letters: number;
        }>(legibility);
        assert.equal(ground, "rgb(255, 255, 255)");
        assert.ok(contrast >= 7, `contrast ${contrast.toString()}`);
        assert.ok(letters >= 12, `letters of ${letters.toString()} px`);
    });

    it("says in words how each part is, and what the picture shows", async () => {
        await browser.open(file, 360);
        const marks = `[...document.querySelectorAll("svg .bold")].map((one) => one.textContent).filter((one) => one.startsWith("["))`;
        assert.deepEqual(
            new Set(await browser.evaluate<string[]>(marks)),
            new Set(["[DUE]", "[FAILED]", "[OK]", "[WAITING]"]),
        );
        const label = `document.querySelector("svg").getAttribute("aria-labelledby").split(" ").map((id) => document.getElementById(id).textContent).join(" ")`;
        assert.match(await browser.evaluate<string>(label), /Node node2, .*FAILED/);
        const labelled = `[...document.querySelectorAll("td")].every((one) => one.dataset.label !== "")`;
        assert.equal(await browser.evaluate(labelled), true);
    });
});
