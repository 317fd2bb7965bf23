import { quoted } from "../shell/quoted.ts";
import { mendEntry } from "./script.ts";

/**
 * One self-contained POSIX script that does on a machine what an init container does on a node.
 * Its first argument is the agent's verb: `apply` or `remove`. It leaves nothing behind besides what the agent writes.
 * Standard output is the agent's report and nothing else: one line of JSON. What else it says is on standard error.
 * It ends as the agent does: 0, or 1 with the cause in the report.
 *
 * `entries` are the bundle's texts by path in it (`agent.sh`, `files/etc/…`), `environment` what the agent is told besides
 * (`OWNER`, `BUNDLE_ID`, `RUNTIME`, …). The machine's paths are its own: `ROOT` is empty unless it is given.
 */
export function hostScript(
    entries: Readonly<Record<string, string>>,
    environment: Readonly<Record<string, string>>,
): string {
    const files = Object.entries(entries).sort(([one], [other]) => (one < other ? -1 : 1));
    const folders = new Set(
        files.map(([path]) => path.split("/").slice(0, -1).join("/")).filter((path) => path !== ""),
    );
    const variables = { ROOT: "", ...environment };
    return [
        "set -eu",
        "# Nobody else reads what lies here: it may hold credentials.",
        'if ! work=$(umask 077 && mktemp -d "${TMPDIR:-/tmp}/siteregistry.XXXXXX"); then',
        `    echo '{"status":"failed","cause":"cannot make a folder for temporary files"}'`,
        "    exit 1",
        "fi",
        `trap 'rm -rf "$work"' EXIT`,
        "trap 'exit 1' HUP INT TERM",
        ...[...folders].map((path) => `mkdir -p "$work"/bundle/${quoted(path)}`),
        'mkdir -p "$work/bundle"',
        ...files.map(([path, text]) => `printf %s ${quoted(text)} >"$work"/bundle/${quoted(path)}`),
        ...Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`),
        'export BUNDLE="$work/bundle" REPORT="$work/report"',
        ...(mendEntry in entries ? mending : []),
        "code=0",
        'sh "$BUNDLE/agent.sh" "$1" </dev/null >&2 || code=1',
        'if [ ! -s "$REPORT" ]; then',
        `    echo '{"status":"failed","cause":"the agent ended without a report"}'`,
        "    exit 1",
        "fi",
        // What the runtime reads goes back when nothing of ours is there to be read.
        ...(mendEntry in entries ? ['if [ "$code$1" = 0remove ]; then mend remove; fi'] : []),
        'cat "$REPORT"',
        'exit "$code"',
        "",
    ].join("\n");
}

/** The runtime is mended before anything is written for it: what it does not read helps nobody. */
const mending = [
    "mend() {",
    `    if said=$(sh "$BUNDLE/${mendEntry}" "$1" 2>&1 </dev/null); then`,
    `        if [ -n "$said" ]; then printf '%s\\n' "$said" >&2; fi`,
    "        return",
    "    fi",
    `    printf '%s\\n' "$said" >&2`,
    `    cause=$(printf '%s\\n' "$said" | tail -n 1 | tr -c '\\040-\\176\\n' '?' | sed 's/[\\\\"]//g' | cut -c 1-500)`,
    `    printf '{"status":"failed","cause":"%s"}\\n' "$cause"`,
    "    exit 1",
    "}",
    'if [ "$1" = apply ]; then mend apply; fi',
];
