import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { ImportAction, WantedImage } from "./importerPod.ts";
import { readImportReport, type ImportReport } from "./importReport.ts";
import type { NodeArchive } from "./nodeArchive.ts";
import { overSsh, quoted, type SshMachine } from "./ssh.ts";

/** Work on a machine. */
export interface MachineTask {
    readonly machine: SshMachine;
    readonly owner: string;
    readonly socket: string;
    readonly action: ImportAction;
    readonly images: readonly WantedImage[];
    /** For `import`. */
    readonly archive?: NodeArchive;
}

/** What a machine said, and what it is. */
export interface MachineReport extends ImportReport {
    /** Go's word for it. */
    readonly architecture: string;
}

/** Where ctr may be, that of k3s and RKE2 first: theirs knows their socket. */
const ctr = [
    "/var/lib/rancher/k3s/data/current/bin/ctr",
    "/var/lib/rancher/rke2/bin/ctr",
    ...["/usr/bin/ctr", "/usr/local/bin/ctr", "/usr/sbin/ctr", "/bin/ctr"],
];
const architectures: Readonly<Record<string, string>> = {
    ...{ x86_64: "amd64", aarch64: "arm64", armv7l: "arm", armv6l: "arm", i686: "386" },
};

/** Runs the importer on a machine as root. Throws in words where that fails, or the importer does. */
export async function runOnMachine(task: MachineTask, signal: AbortSignal): Promise<MachineReport> {
    const { machine, archive } = task;
    const sha256 = archive === undefined ? "" : await digestOf(archive);
    const said = await overSsh(machine, wrapper(task, sha256), archive?.content(), signal);
    const report = readImportReport(said);
    if (report.failure !== undefined) throw new Error(report.failure);
    if (!report.done) throw new Error(`the importer ended without a report: ${said.trim().slice(0, 200)}`);
    const kernel = /^machine (\S+)$/m.exec(said)?.[1] ?? "";
    return { ...report, architecture: architectures[kernel] ?? kernel };
}

/** The importer wants a report and pieces in files; here they go by standard output and input. Nothing of it stays. */
function wrapper({ owner, socket, action, images, archive }: MachineTask, sha256: string): string {
    const script = readFileSync(join(import.meta.dirname, "importer.sh"), "utf8");
    const args = [action, ...images.map(({ digest, names }) => [digest, ...names].join("|"))];
    const environment = { CTR: ctr.join(" "), OWNER: owner, ARCHIVE: sha256, SUMS: `${sha256}  archive` };
    return [
        "set -u",
        'if ! work=$(umask 077 && mktemp -d "${TMPDIR:-/var/tmp}/siteregistry.XXXXXX"); then',
        "    echo 'failed there is no room for temporary files in /var/tmp'",
        "    exit 1",
        "fi",
        `trap 'rm -rf "$work"' EXIT`,
        "trap 'exit 1' HUP INT TERM",
        'mkdir "$work/pieces"',
        'REPORT=$work/report CHUNKS=$work/pieces; export REPORT CHUNKS; : >"$REPORT"',
        ...Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)}; export ${name}`),
        `SOCKET=${quoted(socket)}`,
        'if [ "$SOCKET" = auto ]; then',
        "    SOCKET=/run/containerd/containerd.sock",
        "    [ -S $SOCKET ] || [ ! -S /run/k3s/containerd/containerd.sock ] || SOCKET=/run/k3s/containerd/containerd.sock",
        "fi",
        "export SOCKET",
        ...(archive === undefined
            ? []
            : [
                  'if ! said=$(cat 2>&1 >"$work/pieces/archive"); then',
                  '    printf "failed cannot keep what was sent: %s\\n" "$said"',
                  "    exit 1",
                  "fi",
              ]),
        `sh -c ${quoted(script)} importer ${args.map(quoted).join(" ")} </dev/null >&2`,
        "code=$?",
        'printf "machine %s\\n" "$(uname -m)"',
        'cat "$REPORT"',
        "exit $code",
    ].join("\n");
}

async function digestOf({ content }: NodeArchive): Promise<string> {
    const hash = createHash("sha256");
    for await (const part of content()) hash.update(part);
    return hash.digest("hex");
}
