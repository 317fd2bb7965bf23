import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { quoted } from "../shell/quoted.ts";

const parts = ["checks", "content", "service", "main"].map((name) =>
    readFileSync(join(import.meta.dirname, "sh", `${name}.sh`), "utf8"),
);

/**
 * A POSIX script that makes a machine run the registry, or takes it away. Its first argument is `apply` or `remove`; standard
 * output is the state that the registry is in. It leaves nothing half-made: what fails is put back.
 *
 * `files` are the texts of the registry's folder by name, `environment` what the script is told besides (`MACHINE`, `UNIT`, `FOLDER`, …).
 */
export function registryScript(
    files: Readonly<Record<string, string>>,
    environment: Readonly<Record<string, string>>,
): string {
    const all = Object.entries(files).sort(([one], [other]) => (one < other ? -1 : 1));
    const revision = createHash("sha256")
        .update(JSON.stringify([all, environment.CONTENT_SHA, environment.DATA]))
        .digest("hex");
    return [
        "set -eu",
        "# Nobody else reads what lies here: it holds keys.",
        "umask 077",
        'work=$(mktemp -d "${TMPDIR:-/tmp}/siteregistry.XXXXXX")',
        ...Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)}`),
        `trap 'rm -rf "$work"' EXIT`,
        "trap 'exit 1' HUP INT TERM",
        'mkdir "$work/files"',
        ...[...all, ["revision", revision] as const].map(
            ([name, text]) => `printf %s ${quoted(text)} >"$work/files/${name}"`,
        ),
        ...parts,
    ].join("\n");
}
