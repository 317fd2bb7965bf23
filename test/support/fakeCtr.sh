#!/bin/sh
# A ctr whose store is the folder $STORE: a file for each image, called by its name with / as %, that holds digest, unpacked and labels.
# What stands in $STORE.archive is what an import brings. $BREAK makes a command fail with these words.
while [ "${1#--}" != "$1" ]; do shift 2; done
case " $* " in *" ${BREAK:-nothing} "*)
    echo "ctr: ${BREAK_WORDS:-it broke}" >&2
    exit 1
    ;;
esac
file() { printf '%s/%s' "$STORE" "$(printf %s "$1" | tr / %)"; }
each() {
    for one in "$STORE"/*; do
        [ -f "$one" ] || continue
        name=$(basename "$one" | tr % /)
        case " $* " in *" name==$name "*) ;; *) continue ;; esac
        read -r digest unpacked labels <"$one"
        "$show"
    done
}
check() { printf '%s type %s complete (3/3) 1.0 MiB/1.0 MiB %s   \n' "$name" "$digest" "$unpacked"; }
ls() { printf '%s type %s 1.0 MiB linux/amd64 %s   \n' "$name" "$digest" "$labels"; }
case "$1 ${2:-}" in
"version "*) printf 'Client:\n  Version:  1.0.0\n\nServer:\n  Version:  1.7.24~ds1\n  Revision: x\n' ;;
"images check" | "images ls")
    show=$2
    shift 2
    echo "REF TYPE DIGEST ..."
    each "$@"
    ;;
"images import")
    cat >"$STORE.received"
    cp "$STORE.archive"/* "$STORE"/
    echo "unpacking ... done"
    ;;
"images tag")
    [ "$3" = --force ] && shift
    cp "$(file "$3")" "$(file "$4")"
    ;;
"images label")
    target=$(file "$3")
    shift 3
    read -r digest unpacked labels <"$target"
    [ "$labels" != - ] || labels=
    for label in "$@"; do
        kept=
        old_ifs=$IFS
        IFS=,
        for one in $labels; do [ "${one%%=*}" = "${label%%=*}" ] || kept=$kept,$one; done
        IFS=$old_ifs
        [ -z "${label#*=}" ] || kept=$kept,$label
        labels=${kept#,}
    done
    printf '%s %s %s\n' "$digest" "$unpacked" "${labels:--}" >"$target"
    ;;
esac
