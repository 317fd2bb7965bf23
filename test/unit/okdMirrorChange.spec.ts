import assert from "node:assert/strict";

import { mirrorSetFacts, type MirrorSetFacts } from "../../components/okd/mirrorSets.ts";
import { readSettings } from "../../settings.ts";
import { unconfirmedDrains } from "../../settings/mirrorChange.ts";
import { configure } from "../support/configuration.ts";

const mirrors = [{ source: "docker.io", mirrors: ["mirror.site.test/docker"] }];
const tag = { name: "m", by: "tag", mirrors };
const digest = { name: "m", by: "digest", mirrors };

function okd(mirrorSets: object[], confirmNodeDrain = false) {
    configure({ okd: { mirrorSets, confirmNodeDrain } });
    return readSettings().okd;
}

function facts(mirrorSets: object[], confirmed: boolean): MirrorSetFacts {
    const section = okd(mirrorSets, confirmed);
    assert.ok(section);
    return mirrorSetFacts(section);
}

describe("a change of mirror sets, which drains nodes", () => {
    it("is refused without confirmation: a new set, another one, and one that is taken out", () => {
        assert.match(
            unconfirmedDrains(undefined, okd([tag])).join("\n"),
            /^okd\.mirrorSets: tag m is new: every node is drained and restarted.*set okd\.confirmNodeDrain to true/,
        );
        assert.match(
            unconfirmedDrains(undefined, okd([digest])).join("\n"),
            /^okd\.mirrorSets: digest m is new: making it drains no node, but/,
        );
        const other = { ...digest, mirrors: [{ source: "quay.io", mirrors: ["mirror.site.test/quay"] }] };
        const said = unconfirmedDrains(facts([tag, digest], true), okd([other]));
        assert.equal(said.length, 2);
        assert.match(said[0] ?? "", /^okd\.mirrorSets: digest m is another one than before: every node is drained/);
        assert.match(
            said[1] ?? "",
            /^okd\.mirrorSets: tag m is taken out: every node is drained.*set okd\.confirmNodeDrain to true once/,
        );
    });

    it("goes on with it, and where nothing changes none is needed", () => {
        assert.deepEqual(unconfirmedDrains(undefined, okd([tag, digest], true)), []);
        assert.deepEqual(unconfirmedDrains(facts([tag, digest], true), okd([], true)), []);
        assert.deepEqual(unconfirmedDrains(facts([tag, digest], true), okd([tag, digest])), []);
        assert.deepEqual(unconfirmedDrains(undefined, okd([])), []);
        assert.deepEqual(unconfirmedDrains(undefined, undefined), []);
    });

    it("takes the whole section out only where the last update was confirmed: the engine protects the sets else", () => {
        assert.deepEqual(unconfirmedDrains(facts([tag], true), undefined), []);
        for (const now of [undefined, okd([], true)])
            assert.match(
                unconfirmedDrains(facts([tag], false), now).join("\n"),
                /tag m is taken out: .*first set okd\.confirmNodeDrain to true and run `npx pulumi up`, then take it out$/,
            );
    });
});
