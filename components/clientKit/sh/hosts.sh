# Lines of ours in the hosts file, for a site without DNS.

address=
hosts_written=

# without LIST FILE: the lines of FILE that are not in LIST.
without() {
    if [ ! -f "$2" ]; then return; fi
    awk -v list="$1" 'BEGIN { while ((getline line < list) > 0) ours[line] = 1 } !($0 in ours)' "$2"
}

# Plans the line, and refuses where another line would win over it: the first one that names a host counts.
plan_hosts() {
    if [ -z "$address" ]; then return; fi
    hosts_file=$root/etc/hosts
    hosts_names=
    recorded hosts | cut -f2 >"$work/hosts-ours"
    without "$work/hosts-ours" "$hosts_file" >"$work/hosts-others"
    for hosts_host in $hosts; do
        hosts_name=$(name_of "$hosts_host")
        hosts_found=$(awk -v name="$hosts_name" '
            { sub(/#.*/, ""); for (i = 2; i <= NF; i++) if (tolower($i) == name) { print $1; exit } }' "$work/hosts-others")
        if [ -n "$hosts_found" ] && [ "$hosts_found" != "$address" ]; then
            problem "$hosts_file gives $hosts_name the address $hosts_found already: remove that line, or leave out --address"
        elif [ -z "$hosts_found" ]; then
            case " $hosts_names " in
                *" $hosts_name "*) ;;
                *) hosts_names="$hosts_names $hosts_name" ;;
            esac
        fi
    done
    cp "$work/hosts-others" "$work/hosts-new"
    if [ -n "$hosts_names" ]; then
        hosts_line="$address$hosts_names # siteregistry:$kit_id"
        printf '%s\n' "$hosts_line" >>"$work/hosts-new"
    fi
    if ! cmp -s "$work/hosts-new" "$hosts_file" && ! [ -w "$hosts_file" ] && ! may_write "$hosts_file"; then
        problem "$hosts_file cannot be written: run this script with sudo"
    fi
}

write_hosts() {
    if [ -z "$address" ]; then return; fi
    if cmp -s "$work/hosts-new" "$hosts_file"; then
        say "is there: $address in $hosts_file"
    elif [ -n "$dry_run" ]; then
        say "would write $address$hosts_names into $hosts_file"
    else
        if [ -n "$hosts_names" ]; then record hosts "$hosts_line" "$hosts_file"; fi
        replace "$work/hosts-new" "$hosts_file"
        hosts_written=yes
        # Lines that stand there no more are no longer ours.
        while read -r hosts_old; do
            if ! grep -Fqx -- "$hosts_old" "$hosts_file"; then forget hosts "$hosts_old" "$hosts_file"; fi
        done <"$work/hosts-ours"
        say "wrote $address$hosts_names into $hosts_file"
    fi
}

undo_hosts() {
    recorded hosts | cut -f2 >"$work/hosts-ours"
    if [ ! -s "$work/hosts-ours" ]; then return; fi
    hosts_file=$(recorded hosts | cut -f3 | head -n 1)
    if [ ! -f "$hosts_file" ]; then return; fi
    without "$work/hosts-ours" "$hosts_file" >"$work/hosts-new"
    if grep -Fq -- "# siteregistry:$kit_id" "$work/hosts-new"; then
        left "a line of $hosts_file that ends in \"# siteregistry:$kit_id\" was changed since by somebody else"
    fi
    if cmp -s "$work/hosts-new" "$hosts_file"; then return; fi
    if [ -n "$dry_run" ]; then
        say "would remove our line from $hosts_file"
    else
        replace "$work/hosts-new" "$hosts_file"
        say "removed our line from $hosts_file"
    fi
}
