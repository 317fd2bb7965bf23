import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { renderKit, renderPlainKit } from "../components/clientKit/kit.ts";
import { caFingerprints } from "../components/clientKit/roots.ts";

/** Writes the scripts for machines outside a stack's cluster into a folder. Reads the stack's outputs without secrets. */
const usage = `usage: npm run clients -- --stack STACK --out FOLDER

Writes into FOLDER: trust-registry.sh (Linux), trust-registry-macos.sh, trust-registry.ps1 (Windows), ca.crt, README.txt.
They hold the CA of the stack and no secret. Without --stack, the stack that is selected. They are for the registry in the cluster, or else for
those on machines; of ones without TLS there is trust-registry.sh alone, which has docker and podman use them all the same.`;

/** What the stack exports that a kit is made of. */
interface Outputs {
    host?: string;
    /** All public hosts, where the stack exports them. */
    hosts?: string[];
    caBundle?: string;
    /** Registries on machines, and their roots. Empty without TLS. */
    hostRegistries?: { host: string }[];
    hostCaBundle?: string;
}

function outputsOf(stack: string | undefined): Outputs {
    const args = ["pulumi", "stack", "output", "--json", "--non-interactive"];
    const found = spawnSync("npx", stack === undefined ? args : [...args, "--stack", stack], {
        cwd: join(import.meta.dirname, ".."),
        encoding: "utf8",
        stdio: ["ignore", "pipe", "inherit"],
    });
    if (found.status !== 0)
        throw new Error("the outputs of the stack cannot be read; is this its folder and its login?");
    return JSON.parse(found.stdout) as Outputs;
}

/** What clients shall use: the registry in the cluster where there is one, or else those on machines. */
function registriesIn({ host, hosts, caBundle, hostRegistries, hostCaBundle }: Outputs): {
    hosts: string[];
    caBundle: string;
} {
    const inCluster = hosts ?? (host === undefined ? [] : [host]);
    if (inCluster.length > 0 && caBundle !== undefined) return { hosts: inCluster, caBundle };
    if (hostRegistries !== undefined && hostCaBundle !== undefined)
        return { hosts: hostRegistries.map((one) => one.host), caBundle: hostCaBundle };
    throw new Error("the stack exports no registry: run `pulumi up` with a section `registry` or `host` first");
}

function main(): number {
    const { values } = parseArgs({
        options: { stack: { type: "string" }, out: { type: "string" }, help: { type: "boolean" } },
    });
    if (values.help === true || values.out === undefined) {
        console.log(usage);
        return values.help === true ? 0 : 2;
    }
    const { hosts: all, caBundle } = registriesIn(outputsOf(values.stack));
    const kit = caBundle === "" ? renderPlainKit({ hosts: all }) : renderKit({ hosts: all, caBundle });
    // npm runs scripts in the project's folder; the person means their own.
    const folder = resolve(process.env.INIT_CWD ?? ".", values.out);
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(kit)) {
        writeFileSync(join(folder, name), text);
        chmodSync(join(folder, name), name.endsWith(".sh") ? 0o755 : 0o644);
    }
    console.log(`${folder}: scripts for ${all.join(", ")}`);
    for (const fingerprint of caFingerprints(caBundle)) console.log(`CA fingerprint (SHA-256): ${fingerprint}`);
    return 0;
}

try {
    process.exitCode = main();
} catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
}
