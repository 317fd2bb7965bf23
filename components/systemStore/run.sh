#!/bin/sh
# Runs in the container. `apply` and `remove` run the script beside this one on the node and put a report of one line of
# JSON where the kubelet takes it from; `rest` sleeps.
set -eu

setup=${SETUP:-/setup/setup.sh}
report=${REPORT:-/dev/termination-log}
enter=${ENTER-nsenter --target 1 --mount --}

# say STATUS CAUSE
say() {
    cause=
    if [ -n "$2" ]; then cause=",\"cause\":\"$2\""; fi
    printf '{"status":"%s","bundle":"%s","runtime":"%s","configPath":"system store","warnings":[]%s}\n' \
        "$1" "${BUNDLE_ID:-}" "${SERVICE:-}" "$cause" >"$report"
}

case ${1:-} in
    rest)
        trap 'exit 0' TERM INT
        while :; do
            sleep 3600 &
            wait $!
        done
        ;;
    apply)
        # All pods of a new DaemonSet start at once. These do nothing; the update that gives them their turn goes node by node.
        if [ -z "${TURN:-}" ]; then
            say waiting ""
            exit 0
        fi
        done=applied
        ;;
    remove) done=removed ;;
    *)
        echo "usage: run.sh apply|remove|rest" >&2
        exit 2
        ;;
esac

code=0
# shellcheck disable=SC2086 # several words on purpose
said=$($enter sh -c "$(cat "$setup")" setup.sh "$1" 2>&1) || code=$?
printf '%s\n' "$said"
if [ "$code" = 0 ]; then
    say "$done" ""
    exit 0
fi
say failed "$(printf '%s\n' "$said" | tail -n 1 | tr -c '\040-\176\n' '?' | sed 's/[\\"]//g' | cut -c 1-500)"
exit 1
