import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { defaultsOf, type RuleConfig } from "../../policy/rule.ts";
import { rules } from "../../policy/rules.ts";
import { registeredBy } from "../../tools/render/site.ts";
import { readStackFile } from "../../tools/render/stackFile.ts";

describe("policies on the committed stacks", () => {
    for (const stack of ["dev", "casd", "okd"]) {
        it(`${stack} violates none`, async () => {
            const file = join(import.meta.dirname, "..", "..", "policy", `${stack}.json`);
            const own = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, RuleConfig>) : {};
            const registered = await registeredBy(readStackFile(stack));
            const subjects = registered.map(({ type, name, inputs }) => ({ type, name, props: inputs }));
            const said = rules.flatMap((rule) => {
                const config = { ...defaultsOf(rule), ...own[rule.id] };
                const single = subjects.flatMap((one) =>
                    (rule.check?.(one, config) ?? []).map((problem) => `${rule.id}: ${one.name}: ${problem}`),
                );
                return [...single, ...(rule.checkAll?.(subjects, config) ?? [])];
            });
            assert.deepEqual(said, []);
        });
    }
});
