# Takes back what the ledger lists, and nothing else.

undo_left=

# left TEXT
left() {
    printf 'left: %s\n' "$*" >&2
    undo_left=yes
}

undo() {
    if [ ! -f "$ledger" ]; then
        say "nothing is installed: there is no $ledger"
        if [ -z "$root" ] && ! is_root && [ -f "/var/lib/siteregistry-trust/$kit_id/ledger" ]; then
            note "for the whole machine something is: run this with sudo as well"
        fi
        return
    fi
    # Newest first.
    sed '1!G;h;$!d' "$ledger" >"$work/undo"
    : >"$work/undone"
    while IFS=$tab read -r undo_kind undo_value undo_path; do
        # A file that was written twice has two lines, and is taken back once.
        if grep -Fqx -- "$undo_kind $undo_path" "$work/undone"; then continue; fi
        case $undo_kind in
            login) undo_login "$undo_value" "$undo_path" ;;
            file) undo_file "$undo_path" ;;
            edit) undo_edit "$undo_path" ;;
            *) continue ;;
        esac
        if [ "$undo_kind" != login ]; then printf '%s\n' "$undo_kind $undo_path" >>"$work/undone"; fi
    done <"$work/undo"
    undo_hosts
    undo_system
    if [ -n "$dry_run" ]; then return; fi
    rm -f "$ledger"
    while IFS=$tab read -r undo_kind undo_value undo_path; do
        # What others have put into a directory keeps it.
        if [ "$undo_kind" = dir ]; then rmdir "$undo_path" 2>/dev/null || true; fi
    done <"$work/undo"
    tell_hints
    if [ -n "$undo_left" ]; then exit 6; fi
    say "undone"
}

undo_file() {
    # A run that was killed in the middle of a write left its copy.
    if [ -z "$dry_run" ]; then rm -f "$1.siteregistry-new"; fi
    if [ ! -e "$1" ]; then return; fi
    if ! owned file "$1"; then
        left "$1 was changed since by somebody else"
    elif [ -n "$dry_run" ]; then
        say "would remove $1"
    elif rm -f "$1"; then
        say "removed $1"
    else
        left "$1 cannot be removed"
    fi
}

# A file of somebody else's gets its former content back while nobody has touched it since.
undo_edit() {
    if [ ! -e "$1" ]; then return; fi
    if ! owned edit "$1"; then
        undo_before="it was not there before"
        if [ -e "$1$backup_suffix" ]; then undo_before="what it was before is in $1$backup_suffix"; fi
        left "$1 was changed since by somebody else; $undo_before"
    elif [ -n "$dry_run" ]; then
        say "would put back $1"
    elif [ -e "$1$backup_suffix" ]; then
        mv -f "$1$backup_suffix" "$1"
        say "put back $1"
        edited_hint "$1"
    else
        rm -f "$1"
        say "removed $1"
        edited_hint "$1"
    fi
}
