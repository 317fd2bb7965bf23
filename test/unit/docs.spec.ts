import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ComponentReader } from "../../tools/api/components.ts";
import { page } from "../../tools/api/markdown.ts";
import { anchorsIn, deadLinks } from "../../tools/docs/links.ts";
import type { Vertex } from "../../tools/pictures/graph.ts";
import { mermaid } from "../../tools/pictures/mermaid.ts";
import { missing, pageOf, pagesFolder, stepsOf } from "../support/docPage.ts";

const root = join(import.meta.dirname, "..", "..");

describe("pages of day two", () => {
    const tasks = readdirSync(pagesFolder)
        .filter((file) => file !== "README.md")
        .map((file) => file.replace(/\.md$/, ""));

    it("are all followed by the test on the lab, and named by README and index", () => {
        const spec = readFileSync(join(root, "test", "long", "dayTwo.spec.ts"), "utf8");
        const readme = readFileSync(join(root, "README.md"), "utf8");
        const index = readFileSync(join(pagesFolder, "README.md"), "utf8");
        for (const task of tasks) {
            assert.ok(spec.includes(`"${task}"`), `no test follows ${task}`);
            assert.ok(readme.includes(`docs/day-two/${task}.md`), `the README does not name ${task}`);
            assert.ok(index.includes(`(${task}.md)`), `the index does not name ${task}`);
        }
    });

    it("have commands, and say of most what they print", () => {
        for (const task of tasks) {
            const commands = stepsOf(pageOf(task)).filter((step) => step.kind === "commands");
            assert.ok(commands.length > 0, `${task} has no commands`);
            assert.ok(
                commands.some(({ expected }) => expected.length > 0),
                `${task} says of nothing what it prints`,
            );
        }
    });

    it("are read block by block, and another kind of block is refused", () => {
        const text = "```sh\nls\n```\n\n```text\na …\n```\n\n<!-- played: it rains -->\n\n```sh client\ncat a\n```\n";
        assert.deepEqual(stepsOf(text), [
            { kind: "commands", where: "here", text: "ls\n", expected: ["a …"] },
            { kind: "played", name: "it rains" },
            { kind: "commands", where: "client", text: "cat a\n", expected: [] },
        ]);
        assert.throws(() => stepsOf("```text\nno command before\n```\n"), /nothing is done with/);
        assert.throws(() => stepsOf("```python\n1\n```\n"), /nothing is done with/);
    });

    it("expect lines in their order, with … for anything", () => {
        assert.equal(missing(["a … c", "… z"], "x\n  a  b c\nthe z"), undefined);
        assert.equal(missing(["b", "a"], "a\nb"), "a");
        assert.equal(missing(["a.c"], "abc"), "a.c");
    });
});

describe("links between pages", () => {
    it("are dead where a file or a heading is missing, and code is no link", () => {
        const folder = mkdtempSync(join(tmpdir(), "links-"));
        try {
            mkdirSync(join(folder, "docs"));
            const text =
                "# A (b)\n\n[one](docs/x.md) [two](docs/y.md#gone) [three](#a-b) [`four`](z.md)\n`[no](link.md)`";
            writeFileSync(join(folder, "README.md"), `${text}\n\n\`\`\`text\n[no](link.md)\n\`\`\`\n`);
            writeFileSync(join(folder, "docs", "y.md"), "# Here\n");
            assert.deepEqual(
                deadLinks(folder).map(({ target }) => target),
                ["docs/x.md", "docs/y.md#gone", "z.md"],
            );
        } finally {
            rmSync(folder, { recursive: true });
        }
    });

    it("have names as GitHub makes them", () => {
        assert.deepEqual(anchorsIn("# A, b `c`\n```sh\n# no\n```\n## A b c\n## [d](e.md)\n"), [
            "a-b-c",
            "a-b-c-1",
            "d",
        ]);
    });
});

describe("CONTRIBUTING", () => {
    it("names no file and no folder that is not there, and every folder that has code", () => {
        const text = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");
        const tables = text.slice(text.indexOf("## Where things are"), text.indexOf("## The pages"));
        const named = [...tables.matchAll(/`([\w.-]+(?:\/[\w.-]+)*\/?)`/g)].map(([, path = ""]) => path);
        const paths = named.filter((path) => path.includes("/") || path.endsWith(".ts"));
        assert.ok(paths.length > 40);
        assert.deepEqual(
            paths.filter((path) => !existsSync(join(root, path))),
            [],
        );
        const folders = readdirSync(root, { withFileTypes: true }).filter((one) => one.isDirectory());
        const ours = folders.map(({ name }) => name).filter((name) => !/^(\.|node_modules|dist)/.test(name));
        assert.deepEqual(
            ours.filter((name) => name !== "test" && !paths.some((path) => path.startsWith(`${name}/`))),
            [],
        );
    });
});

describe("pictures", () => {
    const vertex = (type: string, name: string, parent = "", dependencies: string[] = []): Vertex => {
        return { urn: name, type, name, parent, dependencies };
    };
    const component = vertex("siteregistry:index:Part", "part");

    it("sum up what is of one kind, and leave away arrows that others make up for", () => {
        const drawn = mermaid([
            component,
            vertex("kubernetes:core/v1:Secret", "part-a", "part"),
            vertex("kubernetes:core/v1:Secret", "part-b", "part"),
            vertex("kubernetes:core/v1:Service", "part-service", "part", ["part-a"]),
            vertex("kubernetes:batch/v1:Job", "part-job", "part", ["part-service", "part-b"]),
        ]);
        assert.match(drawn, /<b>Secret<\/b><br\/>a<br\/>b/);
        assert.match(drawn, /part_Job --> part_Service/);
        assert.doesNotMatch(drawn, /part_Job --> part_Secret/);
    });

    it("split a box whose members wait for each other by way of another", () => {
        const drawn = mermaid([
            component,
            vertex("kubernetes:core/v1:Secret", "part-a", "part"),
            vertex("kubernetes:core/v1:Service", "part-service", "part", ["part-a"]),
            vertex("kubernetes:core/v1:Secret", "part-b", "part", ["part-service"]),
        ]);
        assert.match(drawn, /part_Secret_part_b --> part_Service$/m);
        assert.match(drawn, /part_Service --> part_Secret_part_a$/m);
    });
});

describe("the API reference", () => {
    it("has every argument with type, default and meaning, and names what nobody has described", () => {
        const folder = mkdtempSync(join(tmpdir(), "api-"));
        const file = join(folder, "thing.ts");
        try {
            writeFileSync(
                file,
                `export const kinds = ["a", "b"] as const;
/** Of which kind. */
export type Kind = (typeof kinds)[number];
interface Base {
    /** Where. */
    place: pulumi.Input<string>;
    /** Left out. */
    size: number;
}
/** Arguments. */
export interface ThingArgs extends Omit<Base, "size"> {
    kind: Kind;
    /** How many. Default: 3. */
    count?: number | undefined;
    dumb: string;
}
/** A thing. */
export class Thing extends pulumi.ComponentResource {
    /** What came of it. */
    declare readonly made: pulumi.Output<string>;
    constructor(name: string, args: ThingArgs) {
        if (args.dumb === "") throw new Error(\`dumb: is \${args.dumb}\`);
    }
}
`,
            );
            const reader = new ComponentReader();
            const thing = reader.read(file);
            assert.ok(thing !== undefined);
            assert.deepEqual(reader.mistakes, ["ThingArgs.dumb"]);
            const text = page([thing], [...reader.shapes.values()]);
            for (const line of [
                "| `kind` | [`Kind`](#kind) |  | Of which kind. |",
                "| `count?` | `number` | 3 | How many. |",
                "| `place` | `Input<string>` |  | Where. |",
                "| `made` | `Output<string>` | What came of it. |",
                "- `dumb: is …`",
                "One of `a`, `b`.",
            ])
                assert.ok(text.split("\n").includes(line), `${line}\n${text}`);
            assert.doesNotMatch(text, /size/);
        } finally {
            rmSync(folder, { recursive: true });
        }
    });
});
