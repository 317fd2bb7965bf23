# Looks for what stands between this machine and the registry. Changes nothing.

check_failed=

ok() {
    printf 'ok    %s\n' "$*"
}

# bad TEXT REMEDY
bad() {
    printf 'FAIL  %s\n      remedy: %s\n' "$1" "$2"
    check_failed=yes
}

check() {
    ok "the CA in this script is the one that is pinned"
    show_roots
    check_dates
    for check_host in $hosts; do
        check_hosts_entry "$check_host"
        check_server "$check_host"
        check_clock "$check_host"
    done
    check_proxy
    check_files
    check_platform
    if [ -n "$check_failed" ]; then exit 1; fi
    say "all is well"
}

check_dates() {
    check_now=$(date +%s)
    while read -r check_pin check_begin check_end; do
        if [ "$check_now" -lt "$check_begin" ]; then
            bad "this machine's clock says $(date -u), and the CA begins only $(((check_begin - check_now + 3599) / 3600)) hours later" \
                "set the clock: sudo timedatectl set-ntp true, or date -u -s"
        elif [ "$check_now" -gt "$check_end" ]; then
            bad "the CA $(with_colons "$check_pin") has ended by this machine's clock ($(date -u))" \
                "set the clock, or get a new kit"
        else
            ok "this machine's clock lies within the life of the CA"
        fi
    done <"$work/roots"
}

check_hosts_entry() {
    entry_name=$(name_of "$1")
    entry_found=
    if [ -r "$root/etc/hosts" ]; then
        entry_found=$(awk -v name="$entry_name" '
            { sub(/#.*/, ""); for (i = 2; i <= NF; i++) if (tolower($i) == name) { print $1; exit } }' "$root/etc/hosts")
    fi
    if [ -n "$entry_found" ]; then
        if [ -n "$address" ] && [ "$address" != "$entry_found" ]; then
            bad "/etc/hosts gives $entry_name the address $entry_found, not $address" "remove that line"
        else
            ok "/etc/hosts gives $entry_name the address $entry_found"
        fi
    elif tool getent && entry_found=$(getent hosts "$entry_name"); then
        ok "the name service gives $entry_name the address ${entry_found%% *}"
    fi
}

check_server() {
    probe "$1"
    case $probe_state in
        answers)
            ok "$1 answers with a certificate of this CA"
            case $probe_http in
                401) ok "$1 asks for a login: it is a registry" ;;
                200) ok "$1 answers without a login" ;;
                *) bad "$1 answers /v2/ with $probe_http instead of 401: something else is there, or it is not well" \
                    "ask the people of the site" ;;
            esac
            ;;
        name) bad "the name $(name_of "$1") is not known here" "sudo sh $0 --address <address of the registry>, or ask for DNS" ;;
        tcp) bad "$1 does not answer on port $(port_of "$1"): $probe_text" "a firewall, a wrong address, or the registry is down" ;;
        tls) bad "$1 shows a certificate that this CA did not sign for that name, or that is not valid now: $probe_text" \
            "check the clock and the address; if the site changed its CA, get a new kit" ;;
        *) bad "$1 could not be asked: $probe_text" "install curl" ;;
    esac
}

check_clock() {
    clock_seconds=$(clock_ahead "$1")
    case $clock_seconds in
        '') ;;
        -[0-9] | -[0-9][0-9] | [0-9] | [0-9][0-9]) ok "this machine's clock agrees with that of $1" ;;
        -*) bad "this machine's clock is ${clock_seconds#-} seconds ahead of that of $1" "sudo timedatectl set-ntp true" ;;
        *) bad "this machine's clock is $clock_seconds seconds behind that of $1" "sudo timedatectl set-ntp true" ;;
    esac
}

check_proxy() {
    proxy_used=${HTTPS_PROXY:-${https_proxy:-}}
    if [ -z "$proxy_used" ]; then return; fi
    proxy_exempt=,${NO_PROXY:-${no_proxy:-}},
    for proxy_host in $hosts; do
        case $proxy_exempt in
            *",$(name_of "$proxy_host"),"* | ',*,') ;;
            *) note "HTTPS_PROXY is set and NO_PROXY does not name $(name_of "$proxy_host"): clients may ask the proxy for it" ;;
        esac
    done
}

# What an installation would write, and whether it is there.
check_files() {
    plan_clients
    while IFS=$tab read -r check_source check_path; do
        if cmp -s "$check_source" "$check_path" 2>/dev/null; then
            ok "$check_path"
        elif [ -e "$check_path" ]; then
            bad "$check_path is not as it should be" "move it away, and run this script"
        else
            bad "$check_path is missing" "run this script"
        fi
    done <"$work/plan"
    shadowed
}

# skopeo, podman and buildah read the first directory of a host that exists, and no other.
shadowed() {
    for shadow_host in $hosts; do
        for shadow_folder in "${HOME:-}/.config/containers/certs.d" /etc/containers/certs.d /etc/docker/certs.d; do
            if [ ! -d "$root$shadow_folder/$shadow_host" ]; then continue; fi
            case " $clients " in
                *" podman "* | *" buildah "* | *" skopeo "*) ;;
                *) break ;;
            esac
            if ! cmp -s "$work/ca.crt" "$root$shadow_folder/$shadow_host/ca.crt"; then
                bad "podman, buildah and skopeo read $shadow_folder/$shadow_host and no other directory, and our CA is not in it" \
                    "remove it, or put ca.crt of this kit into it"
            fi
            break
        done
    done
}
