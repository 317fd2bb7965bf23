# The roots this script carries, and whether they are the ones that were meant.

expected=

# fingerprint_of FILE: the SHA-256 of a certificate's DER form.
fingerprint_of() {
    sed '/^-----/d' "$1" | decode_base64 | sha256
}

# Compares before anything else is done: a script that was damaged or altered on its way installs nothing.
verify_roots() {
    kit_ca >"$work/ca.crt"
    awk -v folder="$work" '/^-----BEGIN CERTIFICATE-----/ { count++ } { print > (folder "/root-" count ".pem") }' \
        "$work/ca.crt"
    : >"$work/roots"
    if [ -n "$kit_roots" ]; then printf '%s\n' "$kit_roots" >"$work/roots"; fi
    root_count=0
    while read -r root_pin root_begin root_end; do
        root_count=$((root_count + 1))
        root_actual=$(fingerprint_of "$work/root-$root_count.pem")
        if [ "$root_actual" != "$root_pin" ]; then
            fail 3 "the CA in this script has the fingerprint $(with_colons "$root_actual"), but" \
                "$(with_colons "$root_pin") is pinned: this script was altered. Get it anew. Nothing was changed."
        fi
        case " $expected " in
            "  ") ;;
            *" $root_actual "*) ;;
            *)
                fail 3 "the CA in this script has the fingerprint $(with_colons "$root_actual"), which is not the one" \
                    "given by --fingerprint: do not use this script. Nothing was changed."
                ;;
        esac
        # Both in seconds, for the check of the clock.
        if [ "$root_begin" -gt "$root_end" ]; then fail 3 "the CA ends before it begins"; fi
    done <"$work/roots"
    if [ -e "$work/root-$((root_count + 1)).pem" ]; then
        fail 3 "this script carries a certificate that is not pinned: it was altered. Nothing was changed."
    fi
}

# add_expected TEXT: a fingerprint as people write it, with or without colons.
add_expected() {
    expected_hex=$(printf '%s' "$1" | tr -d ': ' | tr 'A-F' 'a-f')
    case $expected_hex in
        *[!0-9a-f]* | '') fail 2 "--fingerprint: allowed are the 64 hexadecimal digits of a SHA-256" ;;
    esac
    if [ ${#expected_hex} != 64 ]; then fail 2 "--fingerprint: allowed are the 64 hexadecimal digits of a SHA-256"; fi
    expected="$expected $expected_hex"
}

show_roots() {
    while read -r root_pin _ _; do say "CA fingerprint (SHA-256): $(with_colons "$root_pin")"; done <"$work/roots"
}
