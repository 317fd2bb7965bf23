import { quoted } from "../shell/quoted.ts";
import { certificateFiles } from "./installerConfig.ts";

/** What is put on the machine. */
export interface InstallerFiles {
    /** Folder that the installer was unpacked in. */
    directory: string;
    /** `harbor.yml`. Secret. */
    config: string;
    /** PEM of the server. */
    certificate: string;
    /** Its key, PEM. Secret. */
    key: string;
    /** Roots that Harbor itself believes, PEM. */
    roots: string;
}

/** Folder of the certificates, below that of the installer. */
export function certificatesIn(directory: string): string {
    return `${directory}/site-tls`;
}

/**
 * A POSIX script that sets Harbor up with its standalone installer (`apply`), or stops it and takes back what it wrote (`remove`); the
 * data stays. The installer must have been unpacked on the machine: its images are no matter of a script.
 */
export function installerScript({ directory, config, certificate, key, roots }: InstallerFiles): string {
    const put = (name: string, mode: string, text: string): string =>
        `printf %s ${quoted(text)} | put ${quoted(name)} ${mode}`;
    const tls = certificatesIn(directory);
    const written: [string, string, string][] = [
        [`${tls}/${certificateFiles.certificate}`, "644", certificate],
        [`${tls}/${certificateFiles.key}`, "600", key],
        // Harbor's containers read it as a user of their own.
        [`${tls}/${certificateFiles.roots}`, "644", roots],
        [`${directory}/harbor.yml`, "600", config],
    ];
    return [
        "set -eu",
        "umask 077",
        `dir=${quoted(directory)}`,
        'fail() { echo "$1" >&2; exit 1; }',
        "# A file is there whole or not at all, and never for others to read.",
        'put() { cat >"$1.new" && chmod "$2" "$1.new" && mv "$1.new" "$1"; }',
        "compose() {",
        '    if docker compose version >/dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi',
        "}",
        "apply() {",
        "    for one in install.sh prepare; do",
        '        [ -x "$dir/$one" ] || fail "there is no unpacked installer of Harbor in $dir ($one is missing): unpack harbor-offline-installer-<version>.tgz there, or set harbor.install.installer.directory"',
        "    done",
        `    mkdir -p ${quoted(tls)}`,
        `    chmod 755 ${quoted(tls)}`,
        ...written.map(([name, mode, text]) => `    ${put(name, mode, text)}`),
        '    cd "$dir"',
        "    if ! ./install.sh >install.log 2>&1 </dev/null; then",
        "        # Harbor's own words, but for what could show a password.",
        "        tail -n 20 install.log | grep -vi password >&2 || true",
        '        fail "the installer of Harbor failed; all it said is in $dir/install.log"',
        "    fi",
        "    echo installed",
        "}",
        "remove() {",
        '    [ -d "$dir" ] || return 0',
        '    cd "$dir"',
        '    if [ -f docker-compose.yml ]; then compose down >&2 || fail "Harbor in $dir cannot be stopped"; fi',
        `    rm -f ${written.map(([name]) => quoted(name)).join(" ")} install.log`,
        `    [ ! -d ${quoted(tls)} ] || rmdir ${quoted(tls)}`,
        "}",
        '"$1"',
        "",
    ].join("\n");
}
