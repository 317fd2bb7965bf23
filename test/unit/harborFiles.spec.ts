import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { stringify } from "yaml";

import { readSettings, type Settings } from "../../settings.ts";
import { configure } from "../support/configuration.ts";

const endpoint = { name: "hub", type: "docker-hub", url: "https://hub.docker.com" };
const rule = (name: string, more: object = {}): object => ({ name, mode: "pull", endpoint: "hub", ...more });

describe("lists of a Harbor that lie in files of their own", () => {
    let folder: string;
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "harbor-files-"));
    });
    afterEach(() => {
        rmSync(folder, { recursive: true });
    });

    const written = (name: string, content: unknown): string => {
        const path = join(folder, name);
        writeFileSync(path, typeof content === "string" ? content : stringify(content));
        return path;
    };
    const read = (harbor: object): Settings => {
        configure({ harbor: { url: "https://harbor.site.test", ...harbor }, harborCredentials: { admin: "hunter2" } });
        return readSettings();
    };
    const refusal = (harbor: object): string => {
        try {
            read(harbor);
            return "";
        } catch (error) {
            return (error as Error).message;
        }
    };

    it("may be longer than the configuration of a stack can be", () => {
        const rules = Array.from({ length: 2_000 }, (_, index) =>
            rule(`rule-${index.toString()}`, { description: "one of very many" }),
        );
        const text = stringify(rules);
        assert.ok(text.length > 128 * 1024, "the file would fit into the configuration");
        const { harbor } = read({
            endpointsFile: written("endpoints.yaml", [endpoint]),
            rulesFile: written("rules.yaml", text),
        });
        assert.deepEqual(
            harbor?.endpoints.map(({ name }) => name),
            ["hub"],
        );
        assert.equal(harbor.rules.length, 2_000);
        assert.equal(harbor.rules.at(-1)?.trigger, "manual", "an entry has the defaults of its list");
    });

    it("have their mistakes told by file and entry", () => {
        const rulesFile = written("rules.yaml", [rule("a"), rule("b", { endpoint: "none" }), rule("a")]);
        const endpointsFile = written("endpoints.yaml", [{ ...endpoint, accessSecret: "hunter2" }]);
        const message = refusal({ endpointsFile, rulesFile });
        assert.ok(message.includes(`harbor.rulesFile (${rulesFile}): is `), message);
        assert.ok(message.includes(`harbor.endpointsFile (${endpointsFile}).0.accessSecret: no such setting`), message);
        assert.ok(!message.includes("hunter2"));
        const many = Array.from({ length: 2_000 }, () => rule("same"));
        assert.ok(refusal({ endpoints: [endpoint], rulesFile: written("m.yaml", many) }).length < 1_000);
        const wrong = refusal({ endpoints: [endpoint], rulesFile: written("b.yaml", [rule("b", { endpoint: "no" })]) });
        assert.match(wrong, /harbor\.rulesFile \(.*b\.yaml\)\.0\.endpoint: is "no"; harbor\.endpoints has hub/);
    });

    it("are refused where they are no lists, not there, or given twice", () => {
        assert.match(refusal({ rulesFile: written("a.yaml", "rules: []") }), /harbor\.rulesFile: .* holds no list/);
        assert.match(refusal({ rulesFile: join(folder, "none.yaml") }), /harbor\.rulesFile: .* cannot be read: ENOENT/);
        assert.match(refusal({ rulesFile: written("b.yaml", "- a: [hunter2") }), /cannot be read: .* at line 1/);
        assert.match(
            refusal({ rulesFile: written("c.yaml", []), rules: [] }),
            /rulesFile: .*contradicts harbor\.rules/,
        );
        assert.match(refusal({ rulesFile: "" }), /harbor\.rulesFile/);
    });
});
