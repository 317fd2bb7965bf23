import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { judge } from "../../policy/judge.ts";
import { registeredBy } from "../../tools/render/site.ts";
import { readStackFile } from "../../tools/render/stackFile.ts";

describe("policies on the committed stacks", () => {
    for (const stack of ["dev", "casd", "okd"]) {
        it(`${stack} violates none`, async () => {
            const file = join(import.meta.dirname, "..", "..", "policy", `${stack}.json`);
            const own = (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {}) as Record<string, unknown>;
            const registered = await registeredBy(readStackFile(stack));
            const subjects = registered.map(({ type, name, inputs }) => ({ type, name, props: inputs }));
            assert.deepEqual(judge(subjects, own), []);
        });
    }

    it("dev violates one without its own configuration, which may also turn it into advice or off", async () => {
        const registered = await registeredBy(readStackFile("dev"));
        const subjects = registered.map(({ type, name, inputs }) => ({ type, name, props: inputs }));
        const [violation, ...more] = judge(subjects, {});
        assert.deepEqual([violation?.id, violation?.mandatory, more], ["kept-data", true, []]);
        assert.match(violation?.words ?? "", /^registry: storage\.keepOnDestroy is false\. Why: .+\. Remedy: .+\.$/);
        const advice = judge(subjects, { "kept-data": { enforcementLevel: "advisory" } });
        assert.deepEqual(
            advice.map(({ mandatory }) => mandatory),
            [false],
        );
        assert.deepEqual(judge(subjects, { "kept-data": "disabled" }), []);
    });
});
