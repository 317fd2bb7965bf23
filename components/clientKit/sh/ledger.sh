# What was installed. Every line of the ledger is KIND<tab>VALUE<tab>PATH:
#   file SHA256 PATH       a file of ours; it stays ours while its content is one we wrote
#   edit SHA256 PATH       a file of somebody else's that we added to; its former content is beside it
#   hosts LINE PATH        a line of ours in a hosts file
#   dir - PATH             a directory that we made
#   login CLIENT:HOST:BEFORE PATH   a login; BEFORE says whether its file was there
#   store COMMAND PATH     a certificate store that has to be built anew

ledger=
backup_suffix=.before-siteregistry

find_ledger() {
    if [ -n "$root" ] || is_root; then
        ledger_folder=$root/var/lib/siteregistry-trust/$kit_id
    else
        ledger_folder=${XDG_STATE_HOME:-$HOME/.local/state}/siteregistry-trust/$kit_id
    fi
    ledger=$ledger_folder/ledger
}

# Makes the ledger, which lists its own directories as well.
open_ledger() {
    if [ -f "$ledger" ]; then return; fi
    missing_folders "$ledger_folder" >"$work/ledger-folders"
    mkdir -p "$ledger_folder" || fail 4 "cannot write $ledger_folder"
    : >"$ledger" || fail 4 "cannot write $ledger"
    while read -r open_folder; do printf 'dir\t-\t%s\n' "$open_folder" >>"$ledger"; done <"$work/ledger-folders"
}

# record KIND VALUE PATH. Written before the thing itself is done, so that a run that dies is known to the next.
record() {
    open_ledger
    record_line=$1$tab$2$tab$3
    if ! grep -Fqx -- "$record_line" "$ledger"; then
        printf '%s\n' "$record_line" >>"$ledger" || fail 1 "cannot write $ledger"
    fi
}

# recorded KIND: the lines of that kind.
recorded() {
    if [ -f "$ledger" ]; then grep "^$1$tab" "$ledger" || true; fi
}

# forget KIND VALUE PATH
forget() {
    grep -Fvx -- "$1$tab$2$tab$3" "$ledger" >"$ledger.new" || true
    mv "$ledger.new" "$ledger"
}

# missing_folders PATH: the directories that would have to be made, outermost first.
missing_folders() (
    if [ -d "$1" ]; then return; fi
    missing_folders "$(dirname "$1")"
    printf '%s\n' "$1"
)

make_folder() {
    open_ledger
    missing_folders "$1" >"$work/folders"
    while read -r made_folder; do
        record dir - "$made_folder"
        mkdir "$made_folder" || fail 1 "cannot make $made_folder"
    done <"$work/folders"
}

# owned KIND PATH: whether what is there now is what we wrote.
owned() {
    [ -f "$ledger" ] && [ ! -L "$2" ] && grep -Fqx -- "$1$tab$(sha256 <"$2")$tab$2" "$ledger"
}

# may_write PATH: whether it, or the nearest directory above it that exists, can be written to.
may_write() (
    may_folder=$(dirname "$1")
    while [ ! -d "$may_folder" ]; do may_folder=$(dirname "$may_folder"); done
    [ -w "$may_folder" ]
)

# want SOURCE PATH: plans a file of ours, and finds out what is against it.
want() {
    if grep -Fqx -- "$1$tab$2" "$work/plan"; then return; fi
    printf '%s\t%s\n' "$1" "$2" >>"$work/plan"
    if [ -f "$2" ] && [ -r "$2" ] && cmp -s "$1" "$2"; then return; fi
    if [ -e "$2" ] || [ -L "$2" ]; then
        if [ ! -r "$2" ]; then
            problem "$2 is there and cannot be read: run this script with sudo"
        elif ! owned file "$2"; then
            problem "$2 is there already and is not of this script's making, or was changed since: move it away, or leave its client out (--client)"
        fi
    fi
    if ! may_write "$2"; then problem "$2 cannot be written: run this script with sudo"; fi
}

# Writes what was planned. A reader sees the old file or the new one, never a part of it.
write_plan() {
    while IFS=$tab read -r plan_source plan_path; do
        if cmp -s "$plan_source" "$plan_path" 2>/dev/null; then
            say "is there: $plan_path"
        elif [ -n "$dry_run" ]; then
            say "would write $plan_path"
        else
            make_folder "$(dirname "$plan_path")"
            record file "$(sha256 <"$plan_source")" "$plan_path"
            replace "$plan_source" "$plan_path"
            say "wrote $plan_path"
        fi
    done <"$work/plan"
}

# replace SOURCE PATH. The temporary name ends in nothing that a client would read.
replace() {
    replace_new=$2.siteregistry-new
    if [ -e "$2" ]; then cp -p "$2" "$replace_new"; fi 2>/dev/null || true
    if ! cat "$1" >"$replace_new" 2>/dev/null; then
        rm -f "$replace_new"
        fail 1 "cannot write $2: its file system is full or read-only"
    fi
    # A hosts file that is mounted into a container cannot be renamed over.
    if ! mv -f "$replace_new" "$2" 2>/dev/null; then
        rm -f "$replace_new"
        cat "$1" >"$2" || fail 1 "cannot write $2"
    fi
    if [ -z "$root" ] && tool restorecon; then restorecon "$2" 2>/dev/null || true; fi
}
