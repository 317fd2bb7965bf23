# What is said of this machine, for machines and for people.

config_path=unknown
files=0
paths=
warnings=
told=

say() {
    echo "$1" >&2
}

# json TEXT: as a string of JSON, of harmless characters only, cut to what a report can hold.
json() {
    printf '"%s"' "$(printf '%s' "$1" | tr '\n\t' '  ' | tr -c '\040-\176' '?' | cut -c1-900 | sed 's/[\\"]/\\&/g')"
}

# warn TEXT
warn() {
    say "warning: $1"
    # The kubelet keeps 4096 bytes of a report.
    if [ ${#warnings} -lt 900 ]; then warnings="$warnings${warnings:+,}$(json "$(printf '%s' "$1" | cut -c1-400)")"; fi
}

# tell STATUS [CAUSE]: the report, where it was asked for, and kept on the machine.
tell() {
    tell_line="{\"status\":\"$1\",\"bundle\":$(json "$bundle_id"),\"runtime\":$(json "$runtime")"
    tell_line="$tell_line,\"configPath\":$(json "$config_path"),\"files\":$files,\"paths\":[$paths],\"warnings\":[$warnings]"
    if [ $# -gt 1 ]; then tell_line="$tell_line,\"cause\":$(json "$2")"; fi
    told=yes
    # A terminal's or a connection's own standard output cannot always be opened by a name.
    if [ "$report" = - ]; then
        printf '%s}\n' "$tell_line"
    else
        { printf '%s}\n' "$tell_line" >"$report"; } 2>/dev/null || true
    fi
    if [ -d "$state" ]; then
        { printf '%s}\n' "$tell_line" >"$state/report.new" && mv -f "$state/report.new" "$state/report"; } 2>/dev/null ||
            rm -f "$state/report.new" 2>/dev/null || true
    fi
}

fail() {
    say "error: $1"
    tell failed "$1"
    rm -rf "$work" 2>/dev/null || true
    exit 1
}

# must WHAT COMMAND…: runs it, or fails with the system's own words.
must() {
    must_what=$1
    shift
    if must_words=$("$@" 2>&1); then return; fi
    unstage
    must_words=$(printf '%s' "$must_words" | tail -n 1)
    fail "cannot $must_what: ${must_words##*: }$(confinement)"
}

# What SELinux has to do with it, when it confines this process.
confinement() {
    if [ ! -r "$label_file" ]; then return; fi
    confinement_label=$(tr -d '\000\n' 2>/dev/null <"$label_file") || return 0
    case $confinement_label in
        *:unconfined_t:* | *:spc_t:*) ;;
        *:*:*:*) printf ' (SELinux confines the agent as %s: give it the type spc_t, or allow it these paths)' "$confinement_label" ;;
    esac
}

# Reached by whatever ends the agent. A tool that failed has said why in the log.
ended() {
    ended_code=$?
    if [ "$ended_code" -ne 0 ] && [ -z "$told" ]; then
        unstage
        fail "cannot keep the ledger in ${state#"$root"}: its file system is full, read-only or closed to the agent$(confinement)"
    fi
}
trap ended EXIT
