import type { Component, Member, Shape } from "./components.ts";

/** The whole page. */
export function page(components: readonly Component[], shapes: readonly Shape[]): string {
    const list = components.map(({ name, doc }) => `| [\`${name}\`](#${anchor(name)}) | ${cell(doc)} |`);
    return [
        "# Components",
        "Every component with its arguments and outputs, from the docstrings in `components/`, by `npm run generate`: do not edit. A program of your own imports them from the\npackage ([how](package.md)); the settings of a stack are [elsewhere](../README.md#settings).\n`Input<T>` takes a value or an output of another resource. What has a `?` may be left away.",
        ["| component | what it is |", "| --- | --- |", ...list].join("\n"),
        ...components.flatMap((one) => component(one)),
        "## Types",
        ...shapes.flatMap((one) => shape(one)),
        "",
    ].join("\n\n");
}

function component({ name, doc, args, outputs, errors }: Component): string[] {
    const refusals = errors.map((message) => `- \`${message.replaceAll("`", "'").replace(/\s+/g, " ").trim()}\``);
    return [
        `## ${name}`,
        doc,
        `\`siteregistry:index:${name}\`, made with \`${args.name}\`:`,
        table("argument", args.members),
        ...(outputs.length === 0 ? [] : ["Outputs:", outputsTable(outputs)]),
        ...(refusals.length === 0 ? [] : ["Errors, with `…` for what differs:", refusals.join("\n")]),
    ];
}

function shape({ title, doc, members, choices }: Shape): string[] {
    const one = choices.map((choice) => `\`${choice}\``).join(", ");
    return [
        `### ${title}`,
        ...(doc === "" ? [] : [doc]),
        choices.length > 0 ? `One of ${one}.` : table("member", members),
    ];
}

function table(first: string, members: readonly Member[]): string {
    const rows = members.map(({ name, type, required, doc, shapes }) => {
        const [meaning, preset] = split(doc);
        return `| \`${name}${required ? "" : "?"}\` | ${linked(type, shapes)} | ${cell(preset)} | ${cell(meaning)} |`;
    });
    return [`| ${first} | type | default | meaning |`, "| --- | --- | --- | --- |", ...rows].join("\n");
}

function outputsTable(members: readonly Member[]): string {
    const rows = members.map(
        ({ name, type, doc, shapes }) => `| \`${name}\` | ${linked(type, shapes)} | ${cell(doc)} |`,
    );
    return ["| output | type | meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

/** What a docstring says, and what it says after `Default:`. */
function split(doc: string): [string, string] {
    const found = /\s*Default: (.+?)\.(?= [A-Z]|$)/.exec(doc);
    if (found === null) return [doc, ""];
    return [doc.replace(found[0], "").trim(), found[1] ?? ""];
}

/** The type, with a link to each shape in it. */
function linked(type: string, shapes: ReadonlyMap<string, string>): string {
    const text = `\`${type.replaceAll("|", "\\|")}\``;
    const title = shapes.get(type);
    if (title !== undefined) return `[${text}](#${anchor(title)})`;
    return [text, ...[...shapes.values()].map((one) => `[${one}](#${anchor(one)})`)].join(" ");
}

function anchor(name: string): string {
    return name.toLowerCase().replaceAll(" ", "-").replaceAll(/[()]/g, "");
}

function cell(text: string): string {
    return text.replaceAll("|", "\\|");
}
