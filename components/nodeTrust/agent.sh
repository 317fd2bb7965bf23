#!/bin/sh
# Keeps this node's trust as the bundle says. One of:
#   agent.sh apply   write what differs, then say so as JSON in the container's termination message
#   agent.sh watch   put back what is changed by hand, for as long as this pod answers for the node
#   agent.sh leave   have the watching process take everything back, unless a newer agent answers for the node
# The bundle is <bundle>/<registry host>/{hosts.toml,ca.crt}. The ledger on the node lists the files that are ours,
# so that nothing of anyone else's is ever changed or removed, and names the pod that answers for them.
set -eu

bundle=${BUNDLE:-/bundle/hosts}
target=${TARGET:-/host/registries}
owner=${OWNER:?the name of the trust}
pod=${POD_UID:?the identity of this pod}
report=${REPORT:-/dev/termination-log}
interval=${INTERVAL:-20}
watcher=${WATCHER:-1}

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

# The paths of the bundle, relative to it and to the target alike.
wanted() {
    (cd "$bundle" && for path in */*; do if [ -f "$path" ]; then echo "$path"; fi; done)
}

# ours PATH: whether the ledger lists PATH, which is relative to the target.
ours() {
    [ -f "$ledger/files" ] && grep -Fqx "$1" "$ledger/files"
}

# claimed PATH: whether any ledger lists PATH, ours or another owner's.
claimed() {
    cat "$ledgers"/*/files 2>/dev/null | grep -Fqx "$1"
}

# differs PATH: whether the node's file is not what the bundle says.
differs() {
    ! cmp -s "$bundle/$1" "$target/$1"
}

# Whether this pod is the newest agent of its owner on the node.
answers() {
    [ "$(cat "$ledger/holder" 2>/dev/null)" = "$pod" ]
}

refuse_foreign() {
    wanted | while read -r path; do
        if [ -e "$target/$path" ] && ! ours "$path" && differs "$path"; then
            fail "$path exists on the node and is not ours: remove it, or leave its host out of nodeTrust"
        fi
        # containerd looks for a host with a port under both names, and at the other one first.
        host=${path%/*}
        if [ "$host" != "${host%:*}" ] && [ -e "$target/${host%:*}_${host##*:}_" ]; then
            fail "${host%:*}_${host##*:}_ exists on the node, and containerd reads it instead of $host: remove it"
        fi
    done
}

apply() {
    mkdir -p "$ledger" || fail "cannot write to the registry directory on the node"
    refuse_foreign
    # From here on this pod answers for the node: an older one puts nothing back and takes nothing back.
    if ! { printf '%s\n' "$pod" >"$ledger/holder.new" && mv "$ledger/holder.new" "$ledger/holder"; }; then
        fail "cannot write to the registry directory on the node"
    fi
    write_files
}

write_files() {
    [ -f "$ledger/files" ] || : >"$ledger/files"
    wanted >"$ledger/wanted"
    # Listed before they are written: an agent that dies in between still knows what to take back.
    # A file that is as we would write it, and no one's, is what we wrote before the ledger was lost.
    while read -r path; do
        if ! claimed "$path"; then echo "$path" >>"$ledger/files"; fi
    done <"$ledger/wanted"
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

# remove PATH, what a killed agent may have left beside it, and its directory when nothing else is in it.
remove() {
    rm -f "$target/$1" "$target/$1.siteregistry-new"
    rmdir "$target/${1%/*}" 2>/dev/null || true
    echo "removed $1"
}

watch() {
    trap 'exit 0' TERM INT
    # Here and not in a process of its own, which this one would race: it puts back what the other has just removed.
    trap 'take_back; exit 0' USR1
    while :; do
        if [ ! -e "$ledger/holder" ]; then
            echo "the ledger was removed by hand"
            apply
        elif answers && changed; then
            echo "a file was changed by hand"
            write_files
        fi
        sleep "$interval" &
        wait $! || true
    done
}

# Whether any file of the bundle is not on the node as it should be.
changed() {
    ! wanted | while read -r path; do
        if differs "$path"; then exit 1; fi
    done
}

take_back() {
    if ! answers; then
        echo "a newer agent answers for this node: nothing to take back"
        return
    fi
    while read -r path; do remove "$path"; done <"$ledger/files"
    rm -rf "$ledger"
    rmdir "$ledgers" 2>/dev/null || true
    sync
}

leave() {
    answers || return 0
    kill -USR1 "$watcher"
    # The kubelet ends the container as soon as this returns.
    tries=0
    while answers && [ "$tries" -lt 25 ]; do
        sleep 1
        tries=$((tries + 1))
    done
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
