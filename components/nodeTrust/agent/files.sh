# Files of the machine. Paths are those of the machine; $root comes before them.

# sum FILE: its SHA-256, or "-" where there is none.
sum() {
    if [ -f "$1" ]; then
        sum_text=$(sha256sum <"$1")
        echo "${sum_text%% *}"
    else
        echo -
    fi
}

# durable FILE: on the disk, not only in memory. Some tools know only how to do that for everything.
durable() {
    sync "$1" 2>/dev/null || sync
}

# duplicate FROM TO: content, mode and, where it is allowed, owner and time. A link stays a link.
duplicate() {
    if cp -pP "$1" "$2" 2>/dev/null; then return; fi
    rm -f "$2"
    cp -P "$1" "$2" && { [ -L "$1" ] || chmod "$(stat -c %a "$1")" "$2"; }
}

# swap FROM TO, both of the script's own folder: TO is the old file or the new one.
swap() {
    durable "$1"
    mv -f "$1" "$2"
}

# Temporary files beside their targets, so that a rename is all that is left to do.
staged=
unstage() {
    if [ -z "$staged" ]; then return; fi
    while IFS=$tab read -r _ _ _ _ unstage_path; do
        rm -f "$root$unstage_path$suffix" 2>/dev/null || true
    done <"$work/plan"
    staged=
}

# put_beside FROM PATH: the new file, complete and with its mode, where a rename can reach it.
put_beside() {
    # One that a killed agent left behind must not lend its mode or be a link to somewhere else.
    rm -f "$root$2$suffix" 2>/dev/null || true
    must "write $2" duplicate "$1" "$root$2$suffix"
    durable "$root$2$suffix"
}

# finish PATH: readers see the old file or the new one, never a part of it.
finish() {
    must "write $1" mv -f "$root$1$suffix" "$root$1"
    durable "$root${1%/*}"
}

# make_folder PATH, and those above it. What we made is listed first, and is taken back when nothing else is in it.
make_folder() {
    if [ -z "$1" ]; then return; fi
    make_folder "${1%/*}"
    if [ -d "$root$1" ]; then
        if made_by_other "$1"; then list_folder "$1"; fi
        return
    fi
    list_folder "$1"
    must "make the directory $1" mkdir "$root$1"
    must "make the directory $1" chmod 755 "$root$1"
}

list_folder() {
    if [ -f "$state/folders" ] && grep -Fqx -- "$1" "$state/folders"; then return; fi
    { if [ -f "$state/folders" ]; then cat "$state/folders"; fi; echo "$1"; } >"$work/folders"
    swap "$work/folders" "$state/folders"
}

made_by_other() {
    for made_list in "$base"/*/folders; do
        if [ "$made_list" != "$state/folders" ] && [ -f "$made_list" ] && grep -Fqx -- "$1" "$made_list"; then return 0; fi
    done
    return 1
}

# remove_folders: innermost first.
remove_folders() {
    if [ ! -f "$state/folders" ]; then return; fi
    sort -r "$state/folders" >"$work/folders"
    while read -r remove_path; do
        rmdir "$root$remove_path" 2>/dev/null || true
    done <"$work/folders"
}
