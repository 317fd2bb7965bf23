# Brings images into a machine's containerd with the machine's own tools. Runs under any POSIX shell, and writes no file but $REPORT.
#
#   sh importer.sh look|import|unpin IMAGE...      IMAGE is <digest>|<name>[|<name>...]
#
# look    tells which images are there, and pins those. Missing names of an image that is there are added.
# import  takes the archive that lies in pieces in $CHUNKS, then does what look does. An image that is still missing is a failure.
# unpin   takes back the pins that look and import made. The images stay.
#
# $CTR      paths where ctr may be, the first that is there is taken      $SOCKET   containerd's socket
# $OWNER    who pins: with two owners an image stays pinned until both have gone
# $CHUNKS   folder of the pieces, in the order of their names             $ARCHIVE  SHA-256 of them all in that order
# $SUMS     SHA-256 of each piece, as sha256sum writes it
# $REPORT   what was done, one line each: `containerd <version>`, `image <number> present|missing`, `failed <cause>`, `done`
set -u

pinned=io.cri-containerd.pinned
ours=siteregistry.dev/pin.
program=

say() {
    printf '%s\n' "$*" >>"$REPORT"
}

fail() {
    say "failed $(printf '%s' "$*" | tr '\n\t' '  ' | cut -c1-1200)"
    exit 1
}

# The last line of what a program says is its error; what is before is progress.
last_line() {
    printf '%s\n' "$1" | while read -r line; do
        [ -z "$line" ] || printf '%s\n' "$line"
    done | tail -n 1
}

ctr() {
    "$program" --address "$SOCKET" --namespace k8s.io "$@"
}

find_containerd() {
    for path in $CTR; do
        if [ -x "$path" ]; then
            program=$path
            break
        fi
    done
    [ -n "$program" ] || fail "there is no ctr on it, looked for at $CTR"
    said=$(ctr version 2>&1) || fail "containerd does not answer at $SOCKET: $(last_line "$said")"
    # The server's version is the second one that is told.
    version=$(printf '%s\n' "${said##*Version:}" | while read -r first rest; do
        printf '%s\n' "$first"
        break
    done)
    say "containerd $version"
}

# Sets digest, unpacked and labels of the image with that name; empty where there is none.
state_of() {
    digest= unpacked= labels=
    line=$(ctr images check "name==$1" 2>/dev/null | while read -r ref type found rest; do
        [ "$ref" != "$1" ] || printf '%s %s\n' "$found" "${rest##* }"
    done)
    [ -n "$line" ] || return 0
    digest=${line%% *} unpacked=${line##* }
    labels=$(ctr images ls "name==$1" 2>/dev/null | while read -r ref rest; do
        [ "$ref" != "$1" ] || printf '%s\n' "${rest##* }"
    done)
}

# Calls $2 with each name of the image $1.
each_name() {
    names=${1#*|}
    while [ -n "$names" ]; do
        name=${names%%|*}
        case $names in *'|'*) names=${names#*|} ;; *) names= ;; esac
        "$2" "$name"
    done
}

find_good() {
    [ -z "$good" ] || return 0
    state_of "$1"
    if [ "$digest" = "$wanted" ] && [ "$unpacked" = true ]; then good=$1; fi
}

add_name() {
    state_of "$1"
    [ "$digest" != "$wanted" ] || return 0
    said=$(ctr images tag --force "$good" "$1" 2>&1) || fail "cannot name an image $1: $(last_line "$said")"
}

pin() {
    state_of "$1"
    mine=$ours$OWNER=1
    case ",$labels," in
    *",$mine,"*) return 0 ;;
    *",$ours"*) set -- "$1" "$mine" ;;
    # Somebody else has pinned it, and must be the one who takes that back.
    *",$pinned=pinned,"*) return 0 ;;
    *) set -- "$1" "$pinned=pinned" "$mine" ;;
    esac
    said=$(ctr images label "$@" 2>&1) || fail "cannot pin $1: $(last_line "$said")"
}

unpin() {
    state_of "$1"
    mine=$ours$OWNER=1
    case ",$labels," in
    *",$mine,"*) ;;
    *) return 0 ;;
    esac
    before=${labels%%"$mine"*} after=${labels#*"$mine"}
    case ",$before$after," in
    *",$ours"*) set -- "$1" "$ours$OWNER=" ;;
    *) set -- "$1" "$ours$OWNER=" "$pinned=" ;;
    esac
    said=$(ctr images label "$@" 2>&1) || fail "cannot take the pin from $1: $(last_line "$said")"
}

# Tells of each image whether it is there, under all of its names.
look() {
    number=0
    for image in "$@"; do
        wanted=${image%%|*} good=
        each_name "$image" find_good
        if [ -n "$good" ]; then
            each_name "$image" add_name
            each_name "$image" pin
            say "image $number present"
        else
            names=${image#*|}
            [ "$action" != import ] || fail "after the import there is no ${names%%|*} of the digest $wanted"
            say "image $number missing"
        fi
        number=$((number + 1))
    done
}

check_chunks() {
    command -v sha256sum >/dev/null 2>&1 || fail "there is no sha256sum on it"
    found=$(cat "$CHUNKS"/* | sha256sum)
    [ "${found%% *}" != "$ARCHIVE" ] || return 0
    broken=$(cd "$CHUNKS" && printf '%s\n' "$SUMS" | sha256sum -c 2>/dev/null | while read -r piece result; do
        [ "$result" = OK ] || printf '%s ' "${piece%:}"
    done)
    fail "what arrived is not what was sent: the pieces ${broken:-(none alone, but their order)} differ"
}

import() {
    check_chunks
    said=$(cat "$CHUNKS"/* | ctr images import - 2>&1) || fail "ctr images import: $(last_line "$said")"
}

action=$1
shift
find_containerd
case $action in
look) look "$@" ;;
import)
    import
    look "$@"
    ;;
unpin) for image in "$@"; do each_name "$image" unpin; done ;;
esac
say done
