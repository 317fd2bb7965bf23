# Our lines in the machine's /etc/hosts, between marks that name their owner.
# In a pod that file is mounted by itself, so nothing can be renamed over it: new lines are appended with one write, and
# lines are taken out by writing the whole file again, from a copy that the next agent finds if this one is killed.

hosts_begin="# begin siteregistry $owner"
hosts_end="# end siteregistry $owner"

plan_hosts() {
    hosts_ours=$bundle/hosts
    if [ ! -s "$hosts_ours" ]; then return; fi
    if [ ! -f "$root$hosts_path" ]; then fail "$hosts_path is not there, or is not mounted"; fi
    entry "$hosts_path"
    if [ "$entry_kind" = hosts ] && [ "$(sum "$root$hosts_path")" = "$entry_written" ]; then
        duplicate "$state/before$hosts_path" "$work/hosts.before"
    elif grep -Fqx -- "$hosts_begin" "$root$hosts_path"; then
        without_block "$root$hosts_path" "$hosts_begin" "$hosts_end" >"$work/hosts.before"
        # To the byte: the last line may have had no end.
        if [ "$entry_kind" = hosts ] && same_but_end "$work/hosts.before" "$state/before$hosts_path"; then
            duplicate "$state/before$hosts_path" "$work/hosts.before"
        fi
    else
        duplicate "$root$hosts_path" "$work/hosts.before"
    fi
    keep "$work/hosts.before" "$hosts_path"
    {
        if [ -s "$work/hosts.before" ] && [ -n "$(tail -c 1 "$work/hosts.before")" ]; then echo; fi
        if ! grep -Fqx -- "$hosts_begin" "$hosts_ours"; then echo "$hosts_begin"; fi
        cat "$hosts_ours"
        if ! grep -Fqx -- "$hosts_end" "$hosts_ours"; then echo "$hosts_end"; fi
    } >"$work/hosts.lines"
    cat "$work/hosts.before" "$work/hosts.lines" >"$work/hosts"
    plan hosts "$(sum "$hosts_ours")" "$work/hosts" + "$hosts_path"
}

commit_hosts() {
    if [ ! -f "$work/hosts" ] || cmp -s "$work/hosts" "$root$hosts_path"; then return; fi
    check_room
    if cmp -s "$work/hosts.before" "$root$hosts_path"; then
        must "write $hosts_path" append "$work/hosts.lines" "$root$hosts_path"
    else
        rewrite_hosts "$work/hosts"
    fi
    say "wrote $hosts_path"
}

append() {
    cat "$1" >>"$2"
}

# A full disk would cut the file short in the middle.
check_room() {
    room=$(df -Pk "$root$hosts_path" | awk 'END { print $4 }')
    if [ "${room:-0}" -lt 256 ]; then fail "cannot write $hosts_path: No space left on device"; fi
    if [ ! -w "$root$hosts_path" ]; then fail "cannot write $hosts_path: it is read-only$(confinement)"; fi
}

# rewrite_hosts FILE
rewrite_hosts() {
    if [ -z "$root" ]; then
        duplicate "$root$hosts_path" "$root$hosts_path$suffix"
        cat "$1" >"$root$hosts_path$suffix"
        durable "$root$hosts_path$suffix"
        finish "$hosts_path"
        return
    fi
    cp "$1" "$work/rewriting"
    swap "$work/rewriting" "$state/rewriting"
    finish_hosts
}

# Ends what a killed agent has begun.
finish_hosts() {
    if [ ! -f "$state/rewriting" ]; then return; fi
    must "write $hosts_path" overwrite "$state/rewriting" "$root$hosts_path"
    durable "$root$hosts_path"
    rm -f "$state/rewriting"
}

overwrite() {
    cat "$1" >"$2"
}

# restore_hosts WRITTEN
restore_hosts() {
    if [ ! -f "$root$hosts_path" ]; then return; fi
    if [ "$(sum "$root$hosts_path")" = "$1" ]; then
        cat "$state/before$hosts_path" >"$work/hosts.restored"
    elif grep -Fqx -- "$hosts_begin" "$root$hosts_path"; then
        without_block "$root$hosts_path" "$hosts_begin" "$hosts_end" >"$work/hosts.restored"
        same_but_end "$work/hosts.restored" "$state/before$hosts_path" && cat "$state/before$hosts_path" >"$work/hosts.restored"
    else
        return 0
    fi
    check_room
    rewrite_hosts "$work/hosts.restored"
    say "took our lines out of $hosts_path"
}

# same_but_end FILE BEFORE: whether they differ at most in an end of the last line that we added.
same_but_end() {
    { cat "$2"; if [ -n "$(tail -c 1 "$2")" ]; then echo; fi; } | cmp -s - "$1"
}
