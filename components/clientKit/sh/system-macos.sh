# The keychain: every program of the machine, or of this person, believes what is in it. Only when --system asks.
# UNPROVEN: this part follows the documentation of macOS and has run on no Mac.

system=

find_keychain() {
    if is_root; then
        keychain=/Library/Keychains/System.keychain
    else
        keychain=$HOME/Library/Keychains/login.keychain-db
    fi
}

plan_system() {
    if [ -z "$system" ] && [ -z "$(recorded keychain)" ]; then return; fi
    system=yes
    if [ -n "$root" ]; then problem "--system: an image below --root has no keychain"; fi
}

apply_system() {
    if [ -z "$system" ]; then return; fi
    find_keychain
    system_number=0
    while read -r system_pin _ _; do
        system_number=$((system_number + 1))
        if security find-certificate -a -Z "$keychain" 2>/dev/null | tr 'A-F' 'a-f' | grep -q "$system_pin"; then
            say "is there: the CA in $keychain"
        elif [ -n "$dry_run" ]; then
            say "would add the CA to $keychain"
        else
            record keychain "$system_pin" "$keychain"
            if is_root; then
                security add-trusted-cert -d -r trustRoot -k "$keychain" "$work/root-$system_number.pem"
            else
                security add-trusted-cert -r trustRoot -k "$keychain" "$work/root-$system_number.pem"
            fi || fail 1 "the CA could not be added to $keychain"
            say "added the CA to $keychain"
        fi
    done <"$work/roots"
}

undo_system() {
    recorded keychain >"$work/keychains"
    while IFS=$tab read -r _ keychain_pin keychain; do
        if [ -n "$dry_run" ]; then
            say "would remove the CA from $keychain"
        elif security delete-certificate -Z "$(printf '%s' "$keychain_pin" | tr 'a-f' 'A-F')" -t "$keychain"; then
            say "removed the CA from $keychain"
        else
            left "the CA $(with_colons "$keychain_pin") in $keychain"
        fi
    done <"$work/keychains"
}
