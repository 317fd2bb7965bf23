import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { configMistakes, judge } from "../policy/judge.ts";
import { rules } from "../policy/rules.ts";
import { Refusal } from "./ca/refusal.ts";
import { here, parsedLine, say, wordsOf } from "./commandLine.ts";
import { registeredBy } from "./render/site.ts";
import { readStackFile } from "./render/stackFile.ts";

/** Says which policies a stack violates. Needs neither engine nor cluster nor passphrase. */
const usage = `usage: npm run policies -- STACK [--policy-config FILE] [--config-file FILE]
       npm run policies -- --list

Judges what the stack registers by the policies in policy/, with the configuration policy/STACK.json where there is one.
Exit code 1 when it violates a mandatory one.`;

try {
    process.exitCode = await main();
} catch (error) {
    say(`error: ${wordsOf(error)}`);
    process.exitCode = 2;
}

async function main(): Promise<number> {
    const { stack, list, policyConfig, configFile } = commandLine();
    if (list) {
        for (const { id, level, description, reason } of rules)
            console.log(`${id} (${level}): ${description}\n    why: ${reason}`);
        return 0;
    }
    const own = join(import.meta.dirname, "..", "policy", `${stack}.json`);
    const configPath = policyConfig === undefined ? own : here(policyConfig);
    const file = readStackFile(stack, configFile === undefined ? undefined : here(configFile));
    const config = existsSync(configPath) || policyConfig !== undefined ? readConfig(configPath) : {};
    const registered = await registeredBy(file);
    const violations = judge(
        registered.map(({ type, name, inputs }) => ({ type, name, props: inputs })),
        config,
    );
    for (const { id, mandatory, words } of violations)
        console.log(`${mandatory ? "violated" : "advice"}: ${id}: ${words}`);
    const broken = violations.filter(({ mandatory }) => mandatory).length;
    console.log(`${stack}: ${rules.length.toString()} policies, ${broken.toString()} violations`);
    return broken > 0 ? 1 : 0;
}

function readConfig(path: string): Record<string, unknown> {
    const remedy = "npm run policies -- --list tells the policies";
    let given: unknown;
    try {
        given = JSON.parse(readFileSync(path, "utf8"));
    } catch (error) {
        throw new Refusal(`${path} cannot be read: ${wordsOf(error)}`, remedy);
    }
    const mistakes = configMistakes(given);
    if (mistakes.length > 0) throw new Refusal(`${path} has mistakes:\n  ${mistakes.join("\n  ")}`, remedy);
    return given as Record<string, unknown>;
}

function commandLine(): {
    stack: string;
    list: boolean;
    policyConfig?: string | undefined;
    configFile?: string | undefined;
} {
    const options = {
        "policy-config": { type: "string" },
        "config-file": { type: "string" },
        list: { type: "boolean" },
    } as const;
    const { values, positionals } = parsedLine({ options, allowPositionals: true }, usage);
    const [stack = "", ...more] = positionals;
    const list = values.list === true;
    if ((stack === "") !== list || more.length > 0) throw new Refusal("name one stack", usage);
    return { stack, list, policyConfig: values["policy-config"], configFile: values["config-file"] };
}
