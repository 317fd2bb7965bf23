# shellcheck shell=sh disable=SC2154 # it follows service.sh
# Puts the roots in $TRUSTED_CERT into the node's
# certificate store and restarts the runtime, which reads the store only when it starts. One of:
#   apply    do so where something differs; a node that has everything is not touched and nothing is restarted
#   remove   take back what apply has put there
# The ledger on the node lists the files that are ours, and says whether a restart is still owed.
state=$root/var/lib/siteregistry/$owner/store

# Where this kind of Linux wants roots that are added by hand, and what takes them in.
find_store() {
    if command -v update-ca-trust >/dev/null 2>&1; then
        anchors=$root/etc/pki/ca-trust/source/anchors
        update="update-ca-trust extract"
    elif command -v update-ca-certificates >/dev/null 2>&1; then
        anchors=$root/usr/local/share/ca-certificates
        if [ -d "$root/etc/pki/trust/anchors" ]; then anchors=$root/etc/pki/trust/anchors; fi
        update="update-ca-certificates"
    else
        fail "neither update-ca-certificates nor update-ca-trust is on this node: use mode files for it"
    fi
}

# One file for each root: update-ca-certificates takes no more than one out of a file.
split_roots() {
    rm -rf "$state/new"
    mkdir -p "$state/new"
    number=0
    file=
    printf '%s\n' "${TRUSTED_CERT:?the roots, PEM}" | while IFS= read -r line; do
        if [ "$line" = "-----BEGIN CERTIFICATE-----" ]; then
            number=$((number + 1))
            file=$state/new/siteregistry-$owner-$number.crt
        fi
        if [ -n "$file" ]; then printf '%s\n' "$line" >>"$file"; fi
        if [ "$line" = "-----END CERTIFICATE-----" ]; then file=; fi
    done
    [ -n "$(ls "$state/new")" ] || fail "the ConfigMap with the roots holds no certificate"
}

# put SOURCE PATH: a reader of PATH sees the old file or the new one, never a part of it.
put() {
    if ! { cp "$1" "$2.siteregistry-new" && sync && mv "$2.siteregistry-new" "$2"; }; then
        rm -f "$2.siteregistry-new" 2>/dev/null || true
        fail "cannot write $2: its file system is full or read-only"
    fi
}

# Debian's program forgets the links to a root that is gone only when it makes all of them anew.
update_store() {
    if [ "$update" = "update-ca-certificates" ] && grep -q dropped "$state/owed"; then
        if update-ca-certificates --fresh >&2; then return 0; fi
    fi
    $update >&2 || fail "$update failed"
}

# Takes the store in and has the runtime read it, unless that was done for everything that has changed.
settle() {
    [ -e "$state/owed" ] || return 0
    update_store
    restart
    rm -f "$state/owed"
    echo "restarted $service"
}

# hosts WANTED: the node's hosts file without our old block and with the new one, which may be empty.
hosts() {
    [ -n "$1" ] || [ -f "$state/hosts" ] || return 0
    first=$(head -n 1 "$state/hosts" 2>/dev/null || true)
    last=$(tail -n 1 "$state/hosts" 2>/dev/null || true)
    cp -p "$root/etc/hosts" "$root/etc/hosts.siteregistry-new" || fail "cannot write /etc/hosts on this node"
    inside=
    while IFS= read -r line || [ -n "$line" ]; do
        if [ -n "$first" ] && [ "$line" = "$first" ]; then inside=1; fi
        if [ -z "$inside" ]; then printf '%s\n' "$line"; fi
        if [ -n "$last" ] && [ "$line" = "$last" ]; then inside=; fi
    done <"$root/etc/hosts" >"$root/etc/hosts.siteregistry-new"
    if [ -n "$1" ]; then printf '%s\n' "$1" >>"$root/etc/hosts.siteregistry-new"; fi
    if cmp -s "$root/etc/hosts" "$root/etc/hosts.siteregistry-new"; then
        rm -f "$root/etc/hosts.siteregistry-new"
    else
        # What is to be taken back is known before it is there.
        if [ -n "$1" ]; then printf '%s\n' "$1" >"$state/hosts"; fi
        mv "$root/etc/hosts.siteregistry-new" "$root/etc/hosts"
    fi
    if [ -z "$1" ]; then rm -f "$state/hosts"; fi
}

apply() {
    find_store
    find_service
    mkdir -p "$state" "$anchors" || fail "cannot write to this node: its file system is full or read-only"
    touch "$state/files"
    split_roots
    hosts "${HOSTS_BLOCK:-}"
    for new in "$state/new"/*; do
        path=$anchors/${new##*/}
        if cmp -s "$new" "$path"; then continue; fi
        if ! grep -Fqx "$path" "$state/files"; then
            [ ! -e "$path" ] || fail "$path exists on this node and is not ours: remove it"
            # Listed before it is written: whoever dies in between still knows what to take back.
            echo "$path" >>"$state/files"
        fi
        touch "$state/owed"
        put "$new" "$path"
        echo "wrote $path"
    done
    while read -r path; do
        if [ -e "$state/new/${path##*/}" ]; then continue; fi
        echo dropped >"$state/owed"
        rm -f "$path"
        echo "removed $path"
    done <"$state/files"
    for new in "$state/new"/*; do echo "$anchors/${new##*/}"; done >"$state/files.new"
    mv "$state/files.new" "$state/files"
    rm -rf "$state/new"
    settle
}

remove() {
    [ -d "$state" ] || return 0
    find_store
    find_service
    hosts ""
    if [ -s "$state/files" ]; then
        echo dropped >"$state/owed"
        while read -r path; do rm -f "$path" "$path.siteregistry-new"; done <"$state/files"
        : >"$state/files"
    fi
    settle
    rm -rf "$state"
    rmdir "$root/var/lib/siteregistry/$owner" "$root/var/lib/siteregistry" 2>/dev/null || true
    echo "took everything back"
}

case ${1:-} in
    apply) apply ;;
    remove) remove ;;
    *) fail "usage: setup.sh apply|remove" ;;
esac
