# What every part uses: messages, tools, a scratch folder. Exit codes are in the help.

tab=$(printf '\t')
work=
root=
dry_run=
platform_help=

say() {
    printf '%s\n' "$*"
}

note() {
    printf 'note: %s\n' "$*" >&2
}

# fail CODE TEXT
fail() {
    fail_code=$1
    shift
    printf 'error: %s\n' "$*" >&2
    exit "$fail_code"
}

# has COMMAND: whether the machine, or the image below --root, has it.
has() {
    if [ -z "$root" ]; then
        command -v "$1" >/dev/null 2>&1
        return
    fi
    for has_folder in usr/local/sbin usr/local/bin usr/sbin usr/bin sbin bin snap/bin; do
        if [ -x "$root/$has_folder/$1" ]; then return 0; fi
    done
    return 1
}

# tool COMMAND: whether this script can run it.
tool() {
    command -v "$1" >/dev/null 2>&1
}

is_root() {
    [ "$(id -u)" = 0 ]
}

make_work() {
    umask 022
    work=$(mktemp -d "${TMPDIR:-/tmp}/trust-registry.XXXXXX") || fail 1 "no temporary folder can be made"
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' HUP INT TERM
    : >"$work/plan"
    : >"$work/problems"
    : >"$work/hints"
    mkdir "$work/empty"
}

# The SHA-256 of standard input, in hexadecimal.
sha256() {
    if tool sha256sum; then
        sha256sum
    elif tool shasum; then
        shasum -a 256
    else
        openssl dgst -sha256 -r
    fi | cut -d' ' -f1
}

decode_base64() {
    if printf 'YQ==' | base64 -d >/dev/null 2>&1; then
        base64 -d
    elif printf 'YQ==' | base64 -D >/dev/null 2>&1; then
        base64 -D
    else
        openssl base64 -d
    fi
}

# As openssl prints a fingerprint: AA:BB:...
with_colons() {
    printf '%s' "$1" | tr 'a-f' 'A-F' | sed 's/../&:/g; s/:$//'
}

# problem TEXT: what stops the installation. All of them are told at once, before anything is written.
problem() {
    printf '%s\n' "$*" >>"$work/problems"
}

# hint TEXT: what is left for a person to do. Told once, at the end.
hint() {
    if ! grep -Fqx -- "$*" "$work/hints"; then printf '%s\n' "$*" >>"$work/hints"; fi
}

tell_hints() {
    while read -r hint_line; do note "$hint_line"; done <"$work/hints"
}

stop_on_problems() {
    if [ ! -s "$work/problems" ]; then return; fi
    while read -r problem_line; do printf 'error: %s\n' "$problem_line" >&2; done <"$work/problems"
    printf 'Nothing was changed.\n' >&2
    exit 4
}

# name_of HOST, port_of HOST: the halves of host[:port].
name_of() {
    case $1 in
        *:*) printf '%s' "${1%:*}" ;;
        *) printf '%s' "$1" ;;
    esac
}

port_of() {
    case $1 in
        *:*) printf '%s' "${1##*:}" ;;
        *) printf '443' ;;
    esac
}
