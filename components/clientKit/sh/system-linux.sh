# The system's own store of roots: every program of the machine believes what is in it. Only when --system asks.

system=
system_changed=

# Sets store_folder, store_suffix and store_command as the distribution has them; fails when it knows none.
find_store() {
    if has update-ca-trust && [ -d "$root/etc/pki/ca-trust/source/anchors" ]; then
        store_folder=$root/etc/pki/ca-trust/source/anchors
        store_suffix=pem
        store_command="update-ca-trust extract"
    elif has update-ca-trust && [ -d "$root/etc/ca-certificates/trust-source/anchors" ]; then
        store_folder=$root/etc/ca-certificates/trust-source/anchors
        store_suffix=pem
        store_command="update-ca-trust"
    elif has update-ca-certificates && [ -d "$root/etc/pki/trust/anchors" ]; then
        store_folder=$root/etc/pki/trust/anchors
        store_suffix=pem
        store_command="update-ca-certificates"
    elif has update-ca-certificates; then
        store_folder=$root/usr/local/share/ca-certificates
        store_suffix=crt
        store_command="update-ca-certificates"
    else
        return 1
    fi
}

plan_system() {
    # A store that was filled before is kept up to date, whether it is asked for again or not.
    if [ -z "$system" ] && [ -z "$(recorded store)" ]; then return; fi
    if ! find_store; then
        problem "--system: this machine has neither update-ca-certificates nor update-ca-trust: install the package ca-certificates"
        return
    fi
    system=yes
    # One root in each file: update-ca-certificates reads no more than one.
    system_number=0
    while read -r system_pin _ _; do
        system_number=$((system_number + 1))
        system_path=$store_folder/$(system_name "$system_pin")
        want "$work/root-$system_number.pem" "$system_path"
        if ! cmp -s "$work/root-$system_number.pem" "$system_path" 2>/dev/null; then system_changed=yes; fi
    done <"$work/roots"
}

# system_name FINGERPRINT
system_name() {
    printf 'siteregistry-%s-%.12s.%s' "$kit_id" "$1" "$store_suffix"
}

apply_system() {
    if [ -z "$system" ]; then return; fi
    # Roots of ours that the kit no longer has go: they are not believed any longer.
    for system_old in "$store_folder/siteregistry-$kit_id-"*; do
        if [ -e "$system_old" ] && ! cut -f2 "$work/plan" | grep -Fqx -- "$system_old" && owned file "$system_old"; then
            if [ -n "$dry_run" ]; then
                say "would remove $system_old"
            else
                rm -f "$system_old"
                say "removed $system_old"
                system_changed=yes
                store_command=$(after_removal "$store_command")
            fi
        fi
    done
    if [ -z "$system_changed" ]; then return; fi
    if [ -n "$dry_run" ]; then
        say "would run: $store_command"
        return
    fi
    record store "$store_command" "$store_folder"
    run_store "$store_command"
    hint "docker reads the system's roots when it starts; certs.d needs no restart"
}

# after_removal COMMAND: some builders leave the links of what is gone unless they are told to begin anew.
after_removal() {
    case $1 in
        update-ca-certificates) printf 'update-ca-certificates --fresh' ;;
        *) printf '%s' "$1" ;;
    esac
}

# run_store COMMAND
run_store() {
    if [ -n "$root" ]; then
        hint "in $root the store is built by: $1"
        return
    fi
    # Standard input is the password's.
    # shellcheck disable=SC2086 # words of a command
    if ! $1 </dev/null >"$work/store" 2>&1; then
        cat "$work/store" >&2
        fail 1 "the system's store could not be built: $1"
    fi
    say "ran: $1"
}

undo_system() {
    undo_command=$(recorded store | cut -f2 | head -n 1)
    if [ -z "$undo_command" ]; then return; fi
    undo_command=$(after_removal "$undo_command")
    if [ -n "$dry_run" ]; then
        say "would run: $undo_command"
    else
        run_store "$undo_command"
    fi
}
