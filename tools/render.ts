import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { Refusal } from "./ca/refusal.ts";
import { here, parsedLine, say, wordsOf } from "./commandLine.ts";
import { manifests, stream } from "./render/manifests.ts";
import { declaredObjects, notShown } from "./render/objects.ts";
import { registeredBy } from "./render/site.ts";
import { readStackFile } from "./render/stackFile.ts";

/** Writes the Kubernetes objects that a stack declares, as YAML. Needs neither engine nor cluster nor passphrase. */
const usage = `usage: npm run --silent render -- STACK [--output FOLDER] [--secrets NAME]... [--config-file FILE]

Writes the Kubernetes objects of the stack as YAML: one stream, or one file each in a new FOLDER.
Secrets are masked, but for those of a Secret that is asked for by name ([NAMESPACE/]NAME).
What only an update makes has a placeholder: keys, certificates, passwords, addresses of Services.`;

interface Options {
    readonly stack: string;
    readonly output?: string | undefined;
    readonly secrets: readonly string[];
    readonly configFile?: string | undefined;
}

try {
    const options = commandLine();
    if (options === undefined) console.log(usage);
    else await render(options);
} catch (error) {
    const causes = error instanceof AggregateError ? [error.message, ...error.errors.map(wordsOf)] : [wordsOf(error)];
    say(`error: ${causes.join("\n  ")}`);
    process.exitCode = 2;
}

async function render({ stack, output, secrets, configFile }: Options): Promise<void> {
    const folder = output === undefined ? undefined : here(output);
    if (folder !== undefined && existsSync(folder) && readdirSync(folder).length > 0) {
        throw new Refusal(
            `--output: ${folder} is not empty`,
            "name a new folder: what is gone from a stack would stay",
        );
    }
    const file = readStackFile(stack, configFile === undefined ? undefined : here(configFile));
    const registered = await registeredBy(file);
    const files = manifests(declaredObjects(registered, secrets));
    if (folder === undefined) process.stdout.write(stream(files));
    else {
        for (const { file: name, text } of files) {
            mkdirSync(dirname(join(folder, name)), { recursive: true });
            writeFileSync(join(folder, name), text);
        }
        console.log(`${folder}: ${files.length.toString()} objects of ${stack}`);
    }
    const outside = notShown(registered);
    if (file.stoodInFor.length > 0) say(`stood in for: ${file.stoodInFor.join(", ")}`);
    if (outside.length > 0) say(`no objects of Kubernetes, or made by their provider: ${outside.join(", ")}`);
}

function commandLine(): Options | undefined {
    const options = {
        output: { type: "string" },
        secrets: { type: "string", multiple: true },
        "config-file": { type: "string" },
        help: { type: "boolean" },
    } as const;
    const { values, positionals } = parsedLine({ options, allowPositionals: true }, usage);
    if (values.help === true) return undefined;
    const [stack] = positionals;
    if (stack === undefined || positionals.length > 1) throw new Refusal("name one stack", usage);
    return { stack, output: values.output, secrets: values.secrets ?? [], configFile: values["config-file"] };
}
