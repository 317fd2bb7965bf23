#!/bin/sh
# Runs on the machine itself, as root. What follows this part changes what its runtime reads only when it starts.
set -eu

owner=${OWNER:?the name of the trust}
service=${SERVICE:-containerd}
root=${ROOT:-}

fail() {
    echo "$1" >&2
    exit 1
}

# Asked before anything is changed: a store that is changed and a runtime that does not know of it help nobody.
find_service() {
    if command -v systemctl >/dev/null 2>&1; then
        systemctl cat "$service" >/dev/null 2>&1 || fail "this node has no service $service: set nodeTrust.systemStore.runtimeService"
    elif ! command -v rc-service >/dev/null 2>&1; then
        fail "neither systemctl nor rc-service is on this node: its runtime cannot be restarted"
    fi
}

restart() {
    if ! command -v systemctl >/dev/null 2>&1; then
        rc-service "$service" restart >&2 || fail "$service did not restart"
        return
    fi
    systemctl restart "$service" >&2 || fail "$service did not restart: see journalctl -u $service"
    tries=0
    until systemctl is-active --quiet "$service"; do
        tries=$((tries + 1))
        if [ "$tries" -ge 20 ]; then fail "$service was restarted and is not active: see journalctl -u $service"; fi
        sleep 1
    done
}
