# What the agent is told to do.

# write_files: everything is made ready beside its target first, so that a full disk leaves nothing half done.
write_files() {
    open_ledger
    plan_all
    unwanted >"$work/unwanted"
    cat "$work/plan" "$work/unwanted" >"$work/ledger"
    swap "$work/ledger" "$state/ledger"
    staged=yes
    while IFS=$tab read -r write_kind _ _ _ write_path; do
        case $write_kind in own | merge) ;; *) continue ;; esac
        make_folder "${write_path%/*}"
        if ! cmp -s "$work/new$write_path" "$root$write_path" || [ -L "$root$write_path" ]; then
            put_beside "$work/new$write_path" "$write_path"
        elif [ -e "$root$write_path$suffix" ]; then
            # From an agent that was killed, and of another bundle: it must not be taken for this one's.
            must "write $write_path" rm -f "$root$write_path$suffix"
        fi
    done <"$work/plan"
    # From here on this pod answers for the machine: an older one puts nothing back and takes nothing back.
    hold
    while IFS=$tab read -r write_kind write_wanted _ _ write_path; do
        case $write_kind in
            link) commit_link "$write_wanted" "$write_path" ;;
            hosts) commit_hosts ;;
            own | merge)
                if [ ! -e "$root$write_path$suffix" ]; then continue; fi
                finish "$write_path"
                say "wrote $write_path"
                ;;
        esac
    done <"$work/plan"
    staged=
    restore_all "$work/unwanted"
    cp "$work/plan" "$work/ledger"
    swap "$work/ledger" "$state/ledger"
    # What the watching process compares, with a single program a round.
    awk -F '\t' '$1 ~ /^(own|merge|hosts)$/ { sub(/^\//, "", $5); print $3 "  " $5 }' "$work/plan" >"$work/sums"
    swap "$work/sums" "$state/sums"
    count_files
    rm -rf "$work"
}

count_files() {
    grep -v "^old$tab" "$work/plan" >"$work/reported-files" || true
    files=$(wc -l <"$work/reported-files" | tr -d ' ')
    cut -f 5 "$work/reported-files" | sed 's,/[^/]*$,,' | sort -u >"$work/reported"
    paths=
    while read -r count_path; do
        if [ ${#paths} -gt 1000 ]; then
            paths="$paths,\"...\""
            break
        fi
        paths="$paths${paths:+,}$(json "$count_path")"
    done <"$work/reported"
}

# restore_all LIST: lines of a ledger. A hosts.toml goes before the files that it names.
restore_all() {
    {
        grep '/hosts\.toml$' "$1" || true
        grep -v '/hosts\.toml$' "$1" || true
    } >"$work/restore"
    while IFS=$tab read -r restore_kind restore_wanted restore_written restore_before restore_path; do
        rm -f "$root$restore_path$suffix" 2>/dev/null || true
        if [ "$restore_kind" = hosts ]; then
            restore_hosts "$restore_written"
        elif other_entry "$restore_path"; then
            say "left $restore_path to the trust ${other_state##*/}"
        else
            restore
        fi
        rm -f "$state/before$restore_path"
    done <"$work/restore"
    if [ -s "$work/restore" ]; then remove_folders; fi
}

restore() {
    restore_target=$root$restore_path
    restore_copy=$state/before$restore_path
    if [ "$restore_kind" = link ]; then
        if [ "$(readlink "$restore_target" 2>/dev/null)" = "$restore_wanted" ]; then rm -f "$restore_target"; fi
    elif [ "$restore_before" = - ]; then
        must "remove $restore_path" rm -f "$restore_target"
    elif [ ! -e "$restore_copy" ] && [ ! -L "$restore_copy" ]; then
        # A killed agent had restored it already.
        return 0
    elif [ "$restore_kind" = merge ] && [ -f "$restore_target" ] && [ "$(sum "$restore_target")" != "$restore_written" ]; then
        # Others have changed their part of it since: that stays.
        without_block "$restore_target" "$begin_mark" "$end_mark" >"$work/stripped"
        if ! same_but_end "$work/stripped" "$restore_copy"; then
            if cmp -s "$work/stripped" "$restore_target"; then return 0; fi
            chmod "$(stat -c %a "$restore_target")" "$work/stripped"
            restore_copy=$work/stripped
        fi
        put_back
    else
        put_back
    fi
    say "restored $restore_path"
}

put_back() {
    make_folder "${restore_path%/*}"
    put_beside "$restore_copy" "$restore_path"
    finish "$restore_path"
}

apply() {
    lock
    write_files
    unlock
}

# take_back: as if we had never been here.
take_back() {
    open_ledger
    if [ -d "$bundle/files" ]; then
        list_wanted
        while read -r take_folder; do take_over "$take_folder"; done <"$work/folders-read"
    fi
    cp "$state/ledger" "$work/all"
    restore_all "$work/all"
    remove_folders
    # Without a ledger the rest means nothing, should this be the moment of a kill.
    rm -f "$state/ledger"
    rm -rf "$state/before" "$state/folders" "$state/sums" "$state/report" "$work"
}

forget() {
    rm -rf "$state"
    sync
}

# Whether any file is not as we wrote it. One process, since this is most of what an agent does in its life.
changed() {
    ! sha256sum -c "$state/sums" >/dev/null 2>&1
}

watch() {
    trap 'exit 0' TERM INT
    # Here and not in a process of its own, which this one would race: it puts back what the other has just removed.
    trap 'go; exit 0' USR1
    cd "$root/"
    while :; do
        if [ ! -e "$state/holder" ]; then
            say "the ledger was removed by hand"
            apply
        elif answers && [ -s "$state/sums" ] && changed; then
            lock
            # An agent that came meanwhile has written what it wants.
            if answers; then
                say "a file was changed by hand"
                write_files
            fi
            unlock
        fi
        sleep "$interval" &
        wait $! || true
    done
}

go() {
    lock
    if answers; then
        take_back
        forget
    else
        say "a newer agent answers for this node: nothing to take back"
    fi
}

leave() {
    # A node that goes from one pool to another gets its new agent at the same moment. That one takes over what stands there,
    # and no pull in between finds nothing.
    await_other "$patience"
    answers || return 0
    kill -USR1 "$watcher"
    # The kubelet ends the container as soon as this returns.
    await_other 20
}

# await_other SECONDS: until this pod does not answer for the machine any more.
await_other() {
    await_tries=0
    while answers && [ "$await_tries" -lt "$1" ]; do
        sleep 1
        await_tries=$((await_tries + 1))
    done
}

# A pod of before may still be watching, and would write again where nobody answers for the machine. So the pod that has
# taken everything back answers for it until its end.
remove() {
    lock
    if [ "$pod" = machine ] && [ ! -d "$state" ] && [ ! -d "$bundle/files" ]; then return; fi
    open_ledger
    hold
    take_back
    if [ "$pod" = machine ]; then
        forget
        rmdir "$base" 2>/dev/null || true
    fi
    unlock
}

rest() {
    trap 'if answers; then forget; fi; exit 0' TERM INT
    while :; do
        sleep 3600 &
        wait $! || true
    done
}

status() {
    if [ -f "$state/report" ]; then cat "$state/report"; else printf '{"status":"absent"}\n'; fi
}

case ${1:-} in
    apply)
        apply
        tell applied
        ;;
    watch) watch ;;
    leave) leave ;;
    remove)
        remove
        tell removed
        ;;
    rest) rest ;;
    status) status ;;
    *) fail "usage: agent.sh apply|watch|leave|remove|rest|status" ;;
esac
