#!/bin/sh
# Keeps this node's trust as the bundle says. One of:
#   agent.sh apply   write what differs, then say so as JSON in the container's termination message
#   agent.sh watch   apply, and again whenever a file was changed by hand
#   agent.sh leave   take everything back, unless a newer agent of the same owner is on this node
# The bundle is <bundle>/<registry host>/{hosts.toml,ca.crt}. The ledger on the node lists the files that are ours,
# so that nothing of anyone else's is ever changed or removed.
set -eu

bundle=${BUNDLE:-/bundle/hosts}
target=${TARGET:-/host/registries}
owner=${OWNER:?the name of the trust}
pod=${POD_UID:?the identity of this pod}
report=${REPORT:-/dev/termination-log}
interval=${INTERVAL:-20}

ledgers=$target/.siteregistry
ledger=$ledgers/$owner

fail() {
    echo "error: $1" >&2
    printf '{"status":"failed","cause":"%s"}\n' "$1" >"$report" 2>/dev/null || true
    exit 1
}

# put SOURCE PATH: a reader of PATH sees the old file or the new one, never a part of it.
put() {
    if ! { cp "$1" "$2.siteregistry-new" && sync && mv "$2.siteregistry-new" "$2"; }; then
        rm -f "$2.siteregistry-new" 2>/dev/null || true
        fail "cannot write $2 on the node: its file system is full or read-only"
    fi
}

# ours PATH: whether the ledger lists PATH, which is relative to the target.
ours() {
    [ -f "$ledger/files" ] && grep -Fqx "$1" "$ledger/files"
}

# The paths of the bundle, relative to it and to the target alike.
wanted() {
    (cd "$bundle" && for path in */*; do [ -f "$path" ] && echo "$path"; done)
}

# differs PATH: whether the node's file is not what the bundle says.
differs() {
    ! cmp -s "$bundle/$1" "$target/$1"
}

refuse_foreign() {
    wanted | while read -r path; do
        if [ -e "$target/$path" ] && ! ours "$path" && differs "$path"; then
            fail "$path exists on the node and is not ours: remove it, or leave its host out of nodeTrust"
        fi
    done
}

apply() {
    mkdir -p "$ledger" || fail "cannot write to the registry directory on the node"
    refuse_foreign
    # From here on this pod answers for the node: an older one that ends now takes nothing back.
    printf '%s\n' "$pod" >"$ledger/holder.new" && mv "$ledger/holder.new" "$ledger/holder"

    [ -f "$ledger/files" ] || : >"$ledger/files"
    wanted >"$ledger/wanted"
    # Listed before they are written: an agent that dies in between still knows what to take back.
    wanted | while read -r path; do
        if ! ours "$path" && [ ! -e "$target/$path" ]; then echo "$path" >>"$ledger/files"; fi
    done
    while read -r path; do
        if differs "$path"; then
            mkdir -p "$target/${path%/*}" || fail "cannot write to the registry directory on the node"
            put "$bundle/$path" "$target/$path"
            echo "wrote $path"
        fi
    done <"$ledger/wanted"
    # What is ours and no longer wanted goes; what is left of the list is ours and wanted.
    grep -Fvxf "$ledger/wanted" "$ledger/files" | while read -r path; do remove "$path"; done
    grep -Fxf "$ledger/wanted" "$ledger/files" >"$ledger/files.new" || true
    mv "$ledger/files.new" "$ledger/files"
    rm -f "$ledger/wanted"
}

# remove PATH, and its directory when nothing else is in it.
remove() {
    rm -f "$target/$1"
    rmdir "$target/${1%/*}" 2>/dev/null || true
    echo "removed $1"
}

watch() {
    trap 'exit 0' TERM INT
    while :; do
        if wanted | while read -r path; do differs "$path" && exit 3 || true; done; then :; else
            echo "a file was changed by hand"
            apply
        fi
        sleep "$interval" &
        wait $!
    done
}

leave() {
    [ -d "$ledger" ] || exit 0
    if [ "$(cat "$ledger/holder" 2>/dev/null)" != "$pod" ]; then
        echo "a newer agent is on this node: nothing to take back"
        exit 0
    fi
    while read -r path; do remove "$path"; done <"$ledger/files"
    rm -rf "$ledger"
    rmdir "$ledgers" 2>/dev/null || true
    sync
}

case ${1:-} in
    apply)
        apply
        printf '{"status":"applied","files":%s}\n' "$(wanted | wc -l | tr -d ' ')" >"$report"
        ;;
    watch) watch ;;
    leave) leave ;;
    *) fail "usage: agent.sh apply|watch|leave" ;;
esac
