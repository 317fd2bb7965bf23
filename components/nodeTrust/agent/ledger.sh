# What we wrote on this machine, and what stood there before. Every line of the ledger is KIND WANTED WRITTEN BEFORE PATH,
# with tabs between:
#   KIND     own    the whole file is ours                merge  a file of somebody else's that we added to
#            hosts  lines of ours in /etc/hosts           link   a symbolic link, WANTED is where to
#            old    what agents of 0.1 may still look at
#   WANTED   SHA-256 of the bundle's file, by which two owners know that they want the same
#   WRITTEN  SHA-256 of what we wrote
#   BEFORE   "-" nothing stood there, "+" its copy is in before/<path>
# A line is written before its file is, so that an agent that is killed in between is known to the next.

# Only one agent at a time changes a machine. A killed one's lock goes with it.
lock() {
    if [ ! -d "$base" ]; then must "make the directory ${base#"$root"}" mkdir -p "$base"; fi
    exec 9<"$base"
    if command -v flock >/dev/null 2>&1; then flock 9; fi
}

unlock() {
    exec 9<&-
}

open_ledger() {
    must "write to ${state#"$root"}" mkdir -p "$state"
    rm -rf "$work"
    must "write to ${state#"$root"}" mkdir "$work"
    : >"$work/plan"
    if [ ! -f "$state/ledger" ]; then : >"$state/ledger"; fi
    finish_hosts
}

# entry PATH: its fields, or an empty kind.
entry() {
    entry_kind=''
    entry_written=-
    entry_before=-
    while IFS=$tab read -r entry_a _ entry_c entry_d entry_path; do
        if [ "$entry_path" != "$1" ]; then continue; fi
        # Without its copy it has been restored, by an agent that was killed before it could say so.
        if [ "$entry_d" = + ] && [ ! -e "$state/before$1" ] && [ ! -L "$state/before$1" ]; then return; fi
        entry_kind=$entry_a
        entry_written=$entry_c
        entry_before=$entry_d
        return
    done <"$state/ledger"
}

# other_entry PATH: whether another owner has it; who, and the fields.
other_entry() {
    for other_ledger in "$base"/*/ledger; do
        if [ "$other_ledger" = "$state/ledger" ] || [ ! -f "$other_ledger" ]; then continue; fi
        while IFS=$tab read -r other_kind other_wanted _ other_before other_path; do
            if [ "$other_path" = "$1" ]; then
                other_state=${other_ledger%/ledger}
                return 0
            fi
        done <"$other_ledger"
    done
    return 1
}

# keep FILE PATH: as what stood at PATH before us.
keep() {
    must "keep what stands at $2" mkdir -p "$state/before${2%/*}"
    rm -f "$work/kept"
    must "keep what stands at $2" duplicate "$1" "$work/kept"
    swap "$work/kept" "$state/before$2"
}

# plan KIND WANTED FILE BEFORE PATH: FILE is the new content.
plan() {
    printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$(sum "$3")" "$4" "$5" >>"$work/plan"
}

# What the ledger has and the plan has not, and what is ours without being in the ledger.
unwanted() {
    if [ -f "$work/strays" ]; then cat "$work/strays"; fi
    awk -F '\t' 'FILENAME == ARGV[1] { planned[$5] = 1; next } !($5 in planned)' "$work/plan" "$state/ledger"
}

# Whether this pod is the newest agent of its owner on the machine.
answers() {
    answers_pod=
    { read -r answers_pod <"$state/holder"; } 2>/dev/null || true
    [ "$answers_pod" = "$pod" ]
}

hold() {
    printf '%s\n' "$pod" >"$work/holder"
    swap "$work/holder" "$state/holder"
}

# Takes over what the agents of 0.1 kept inside the registry directory: FOLDER/.siteregistry/<owner>/{files,holder}.
# Their holder file stays until everything is taken back: a process of theirs that finds none would write again.
take_over() {
    take_ledger=$1/.siteregistry/$owner
    if [ ! -f "$root$take_ledger/files" ]; then return; fi
    {
        cat "$state/ledger"
        while read -r take_path; do
            printf 'own\t-\t-\t-\t%s\n' "$1/$take_path"
        done <"$root$take_ledger/files"
        printf 'old\t-\t-\t-\t%s\n' "$take_ledger/holder"
    } >"$work/ledger"
    sed "s,^,$1/,; s,/[^/]*\$,," "$root$take_ledger/files" | sort -u >"$work/taken"
    swap "$work/ledger" "$state/ledger"
    list_folder "$1/.siteregistry"
    list_folder "$take_ledger"
    while read -r take_path; do list_folder "$take_path"; done <"$work/taken"
    printf '%s\n' "$pod" >"$root$take_ledger/holder.new"
    mv -f "$root$take_ledger/holder.new" "$root$take_ledger/holder"
    rm -f "$root$take_ledger/files" "$root$take_ledger/wanted" "$root$take_ledger/files.new"
    say "took over the ledger of an older agent"
}
