import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";

const checkout = join(import.meta.dirname, "..", "..");

/**
 * The lab's language host is of a time when it did not start policy packs. The engine starts those of a language that it has no
 * host for by a script, as it did then: the same program of the SDK with the same pack, under another name of the language.
 * Makes pack and script in `folder`; returns the pack's folder and the variables that let the engine find the script.
 */
export function policyRunner(folder: string): { pack: string; variables: Record<string, string> } {
    const [pack, scripts] = [join(folder, "pack"), join(folder, "scripts")];
    for (const one of [pack, scripts]) mkdirSync(one, { recursive: true });
    writeFileSync(join(pack, "PulumiPolicy.yaml"), "runtime: lab\n");
    const described = readFileSync(join(checkout, "policy", "package.json"), "utf8");
    writeFileSync(join(pack, "package.json"), described.replace("index.ts", "index.js"));
    writeFileSync(join(pack, "index.js"), `import ${JSON.stringify(join(checkout, "policy", "index.ts"))};\n`);
    const runner = createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run-policy-pack");
    const script = join(scripts, "pulumi-analyzer-policy-lab");
    const environment = "PULUMI_NODEJS_TYPESCRIPT=false";
    writeFileSync(script, `#!/bin/sh\nexport ${environment}\nexec '${process.execPath}' '${runner}' "$@"\n`);
    chmodSync(script, 0o755);
    return { pack, variables: { PATH: `${scripts}${delimiter}${process.env.PATH ?? ""}` } };
}
